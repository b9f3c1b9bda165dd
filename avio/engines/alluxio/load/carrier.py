"""The interface of a carrier: it takes files, loads their blocks, and gives one answer for each file.

Used in the job process. `ways` chooses a carrier by what is reachable.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from avio.engines.alluxio.clients.status import Block
from avio.engines.alluxio.load.block_queue import LoadingFile

OnLoaded = Callable[[LoadingFile], None]


class Carrier(ABC):
    """One carrier. It calls `on_loaded` for each file after all of its blocks; `file.error` has the error."""

    name: str

    @abstractmethod
    def carry(self, file: LoadingFile, blocks: Sequence[Block]) -> None:
        """Begin to load `blocks` of `file`."""

    @abstractmethod
    def tick(self) -> None:
        """Do periodic work. The thread that waits for results calls this a few times per second."""

    @abstractmethod
    def stop(self) -> None:
        """Start nothing new, stop running loads if possible, and wait a little for the rest."""
