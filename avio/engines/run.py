"""The attempt as engines see it: when to stop, and whom to tell of progress. The executor implements it."""

from contextlib import AbstractContextManager
from typing import Protocol

from avio.engines.bandwidth import Bandwidth
from avio.errors import EngineError


class Run(Protocol):
    """The attempt for which an engine works."""

    @property
    def name(self) -> str:
        """`<job>.<attempt>`, for the names of temporary files."""

    @property
    def threads(self) -> int:
        """How many files may be worked on at once, unless `concurrency` says it."""

    @property
    def concurrency(self) -> int | None:
        """How many files or requests may be under way now; None: as many as help. It may change at any time."""

    @property
    def bandwidth(self) -> Bandwidth:
        """What all transfers of the attempt spend. Its rate may change at any time."""

    def stopping(self) -> bool:
        """True after the attempt must stop: start nothing new, publish nothing, delete temporary files.

        Call it before each file, between chunks of a large file, and right before each rename or end of an upload.
        """

    def moved(self, size: int) -> None:
        """Count `size` bytes as they move. Call it from any thread."""

    def advanced(self, size: int) -> None:
        """Count `size` bytes that came of files under way; below 0 a try has failed, and they are taken back.

        At its outcome it is all bytes of a file that was moved (DONE), and none of any other. Call it from any thread.
        """

    def checked(self, size: int) -> None:
        """Show progress: `size` bytes were read back. Call it from any thread, at least each few MiB."""

    def silent(self, seconds: float) -> AbstractContextManager[None]:
        """Return a `with` block that may show no progress for up to `seconds`, e.g. for an fsync."""

    def waits(self, error: EngineError | None, of: object) -> None:
        """Say that `of`, a part of the work, waits for a store, and why; None: it no longer waits."""
