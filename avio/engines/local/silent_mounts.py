"""Which mounts do not answer: all are asked side by side, with one limit, before a listing goes through them.

Used in web and the job process. Each mount has at most one open question, in a thread of its own.
"""

import threading
from collections.abc import Sequence

from avio.engines.local.mounts import Mount
from avio.errors import EngineAway, EngineError

ANSWER_SECONDS = 3.0


class SilentMounts:
    """Asks mounts. Safe to use from several threads."""

    def __init__(self) -> None:
        self._answers = threading.Condition()
        self._asked: set[str] = set()  # mounts with an open question
        self._away: dict[str, bool] = {}  # the last answer of each mount

    def among(self, mounts: Sequence[Mount]) -> list[str]:
        """Return the paths of `mounts` that do not answer within `ANSWER_SECONDS`. A refusal is an answer."""
        with self._answers:
            for mount in mounts:
                if mount.path not in self._asked:
                    # It may fail to start, and tells its answer only after the lock is free.
                    threading.Thread(target=self._ask, args=(mount,), name="mount", daemon=True).start()
                    self._asked.add(mount.path)
            paths = sorted(mount.path for mount in mounts)
            self._answers.wait_for(lambda: self._asked.isdisjoint(paths), ANSWER_SECONDS)
            return [path for path in paths if path in self._asked or self._away[path]]

    def _ask(self, mount: Mount) -> None:
        away = True
        try:
            mount.bucket.ping()
            away = False
        except EngineError as error:
            away = isinstance(error, EngineAway)
        finally:
            with self._answers:
                self._away[mount.path] = away
                self._asked.discard(mount.path)
                self._answers.notify_all()
