"""The bytes that have come of files under way. An engine adds them as they come, an outcome takes those of its file.

Runs in the job process. Any thread may call it. The engine's contract is `avio.engines.run.Run.advanced`.
"""

import threading


class InFlightBytes:
    """The bytes of one attempt. Movers tell of theirs some time later than of outcomes, so that it may fall below 0."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.bytes = 0

    def add(self, size: int) -> None:
        """Count `size` bytes that came; below 0 a try has failed, and they are taken back."""
        with self._lock:
            self.bytes += size

    def clear(self) -> None:
        """Count none: no file is under way."""
        with self._lock:
            self.bytes = 0
