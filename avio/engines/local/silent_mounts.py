"""Which mounts do not answer: all are asked side by side, with one limit, before a listing goes through them.

Used in web and the job process. Each mount has at most one open question, in a thread of its own.
"""

import threading
import time
from collections.abc import Sequence

from avio.engines.local.mounts import Mount
from avio.errors import EngineAway, EngineError

ANSWER_SECONDS = 3.0


class SilentMounts:
    """Asks mounts. Safe to use from several threads."""

    def __init__(self) -> None:
        self._answers = threading.Condition()
        self._asked: dict[str, float] = {}  # mounts with an open question, and since when
        self._away: dict[str, bool] = {}  # the last answer of each mount

    def among(self, mounts: Sequence[Mount]) -> list[str]:
        """Return the paths of `mounts` that do not answer within `ANSWER_SECONDS`. A refusal is an answer.

        A mount that has been asked for so long already is not waited for again.
        """
        with self._answers:
            for mount in mounts:
                if mount.path not in self._asked:
                    # It may fail to start, and tells its answer only after the lock is free.
                    threading.Thread(target=self._ask, args=(mount,), name="mount", daemon=True).start()
                    self._asked[mount.path] = time.monotonic()
            paths = sorted(mount.path for mount in mounts)
            self._answers.wait_for(lambda: not self._is_worth_waiting(paths), ANSWER_SECONDS)
            return [path for path in paths if path in self._asked or self._away[path]]

    def _is_worth_waiting(self, paths: Sequence[str]) -> bool:
        """Return True if a mount of `paths` was asked lately and has not answered."""
        late = time.monotonic() - ANSWER_SECONDS
        return any(self._asked.get(path, late) > late for path in paths)

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
                del self._asked[mount.path]
                self._answers.notify_all()
