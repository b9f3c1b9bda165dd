"""Which pods wait for what: follows the cluster, has a wait for each path and condition, frees pods whose wait is over.

One event loop; only the waits block, in threads. Keeps nothing: a new one lists the pods and asks avio again.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from avio.client import ClientError
from avio.client.shapes import WaitInfo
from avio.gate import words
from avio.gate.account import Account
from avio.gate.cluster import AWAY, Changed, Pods
from avio.gate.notes import Notes
from avio.gate.pods import Ask, Pod, gated
from avio.gate.waits import Asker, PathWait, Turn, ask_avio
from avio.log import LogPace

RETRY_SECONDS = 5.0
SILENCE_SECONDS = 600.0  # after which a cluster that was not listed is a reason not to be ready

log = logging.getLogger(__name__)


class Controller:
    """All pods with the gate in `namespaces`, or in all. At most `at_once` paths are asked for at once."""

    def __init__(
        self,
        cluster: Pods,
        account: Account,
        *,
        namespaces: Sequence[str] = (),
        at_once: int = 64,
        asker: Asker = ask_avio,
    ) -> None:
        self._cluster, self._account, self._asker = cluster, account, asker
        self._namespaces: list[str | None] = list(namespaces) or [None]
        self._pods: dict[str, Pod] = {}
        self._waits: dict[Ask, PathWait] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="wait")
        self._places = asyncio.Semaphore(at_once)
        self._in_line = 0
        self._notes = Notes(cluster)
        self._pace = LogPace()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listed = dict.fromkeys(self._namespaces, float("-inf"))

    @property
    def not_ready(self) -> str:
        """Why pods are not freed; empty if they are."""
        if time.monotonic() - min(self._listed.values()) > SILENCE_SECONDS:
            return "the pods can't be listed: see the log"
        trouble = self._account.trouble
        return "" if trouble is None else f"avio gives no login: {trouble.message}"

    async def run(self) -> None:
        """Follow the cluster until this task is cancelled."""
        self._loop = asyncio.get_running_loop()
        await asyncio.gather(self._notes.run(), *(self._follow(each) for each in self._namespaces))

    # -- the cluster

    async def _follow(self, namespace: str | None) -> None:
        """List, then watch, again and again: a change that the watch has lost is found by the next list."""
        while True:
            try:
                documents, version = await self._cluster.all(namespace)
                self._listed[namespace] = time.monotonic()
                self._replace(namespace, documents)
                async for kind, document in self._cluster.changes(namespace, version):
                    self._change(kind, document)
            except AWAY as error:
                if self._pace.is_due(str(error)):
                    log.warning("Kubernetes does not answer: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("the pods can't be followed; they are listed again")
                await asyncio.sleep(RETRY_SECONDS)

    def _replace(self, namespace: str | None, documents: list[dict[str, Any]]) -> None:
        """Take what is listed for all that is in the namespace."""
        seen = {pod.uid: pod for document in documents if (pod := gated(document)) is not None}
        for uid, pod in list(self._pods.items()):
            if uid not in seen and namespace in (None, pod.namespace):
                self._gone(uid)
        for pod in seen.values():
            self._seen(pod)

    def _change(self, kind: str, document: dict[str, Any]) -> None:
        pod = None if kind == "DELETED" else gated(document)
        if pod is None:
            self._gone(document["metadata"]["uid"])
        else:
            self._seen(pod)

    def _seen(self, pod: Pod) -> None:
        before = self._pods.get(pod.uid)
        if before is not None and before.ask != pod.ask:
            self._gone(pod.uid)
        self._pods[pod.uid] = pod
        if pod.ask is None:
            self._notes.put(pod, words.invalid(pod.wrong))
            return
        wait = self._waits.get(pod.ask)
        if wait is None:
            wait = self._waits[pod.ask] = PathWait(pod.ask, self._account, self._tell_soon, self._asker)
            wait.pods[pod.uid] = pod
            self._start(wait)
        wait.pods[pod.uid] = pod

    def _gone(self, uid: str) -> None:
        pod = self._pods.pop(uid, None)
        self._notes.drop(uid)
        if pod is not None and pod.ask is not None and pod.ask in self._waits:
            self._waits[pod.ask].pods.pop(uid, None)

    # -- the waits

    def _start(self, wait: PathWait) -> None:
        task = asyncio.create_task(self._wait(wait))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _wait(self, wait: PathWait) -> None:
        """Take turns until no pod asks."""
        try:
            while wait.pods:
                if self._places.locked():
                    self._tell(wait, words.stands_in_line())
                self._in_line += 1
                async with self._places:
                    self._in_line -= 1
                    turn = await self._in_thread(wait)
                if turn.met is not None:
                    await self._free_all(wait, turn.met)
                await asyncio.sleep(turn.pause)
        except Exception:
            log.exception("a wait failed; it begins again", extra={"path": wait.ask.path})
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            wait.close()
            del self._waits[wait.ask]
        for pod in list(wait.pods.values()):  # those that came while it ended
            self._seen(pod)

    async def _in_thread(self, wait: PathWait) -> Turn:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, wait.turn, lambda: self._in_line > 0)

    async def _free_all(self, wait: PathWait, info: WaitInfo) -> None:
        for pod in list(wait.pods.values()):
            try:
                await self._cluster.free(pod, words.freed(info))
                log.info("freed", extra={"pod": f"{pod.namespace}/{pod.name}", "path": pod.ask and pod.ask.path})
                self._gone(pod.uid)
            except Changed:
                log.info("the pod has changed; looked at again", extra={"pod": f"{pod.namespace}/{pod.name}"})
            except AWAY as error:
                log.warning("not freed: %s", error, extra={"pod": f"{pod.namespace}/{pod.name}"})
        if wait.pods:
            await asyncio.sleep(RETRY_SECONDS)  # for the watch to tell

    def _tell_soon(self, wait: PathWait, news: WaitInfo | ClientError) -> None:
        """Tell the pods, from the thread that asks."""
        text = words.trouble(news) if isinstance(news, ClientError) else words.waits(news)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._tell, wait, text)

    def _tell(self, wait: PathWait, text: str) -> None:
        for pod in wait.pods.values():
            self._notes.put(pod, text)
