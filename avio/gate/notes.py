"""What pods are told, not too often: each at once, then once a minute; all together at most ten a second.

Runs in the event loop of avio-gate.
"""

import asyncio
import logging
import time

from avio.gate.cluster import AWAY, Changed, Pods
from avio.gate.pods import Pod
from avio.log import LogPace

AGAIN_SECONDS = 60.0
PAUSE_SECONDS = 0.1  # between two patches

log = logging.getLogger(__name__)


class Notes:
    """The texts that are to be written on pods; of each pod the newest."""

    def __init__(self, cluster: Pods) -> None:
        self._cluster = cluster
        self._wanted: dict[str, tuple[Pod, str]] = {}
        self._written: dict[str, tuple[float, str]] = {}
        self._pace = LogPace()

    def put(self, pod: Pod, text: str) -> None:
        """Have `text` written on `pod`, unless it has that already."""
        last = self._written.get(pod.uid, (0.0, pod.note))[1]
        if text != last:
            self._wanted[pod.uid] = pod, text
        else:
            self._wanted.pop(pod.uid, None)

    def drop(self, uid: str) -> None:
        """Forget a pod that is freed or gone."""
        self._wanted.pop(uid, None)
        self._written.pop(uid, None)

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await self.write_due()
            await asyncio.sleep(PAUSE_SECONDS)

    def _due(self, uid: str) -> float:
        return self._written[uid][0] + AGAIN_SECONDS if uid in self._written else float("-inf")

    async def write_due(self) -> None:
        """Write the first text that is due."""
        now = time.monotonic()
        due = next((uid for uid in self._wanted if now >= self._due(uid)), None)
        if due is None:
            return
        pod, text = self._wanted.pop(due)
        self._written[due] = now, text
        try:
            await self._cluster.note(pod, text)
        except Changed:
            self.drop(due)
        except AWAY as error:
            self._written[due] = now, ""  # once more, in a minute, with the next answer
            if self._pace.is_due(str(error)):
                log.warning("a pod is not told: %s", error, extra={"pod": f"{pod.namespace}/{pod.name}"})
