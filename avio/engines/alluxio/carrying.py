"""The ways in which blocks get into the cache, as a preload sees them: files go in, an answer a file comes out.

Used in the job process. The way is chosen by what is reachable.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from avio.engines.alluxio.pieces import Arriving
from avio.engines.alluxio.status import Block

Arrived = Callable[[Arriving], None]


class Carrier(ABC):
    """One way. `arrived` is called for each file when all its blocks were answered for; `file.error` says why not."""

    name: str

    @abstractmethod
    def carry(self, file: Arriving, blocks: Sequence[Block]) -> None:
        """Begin to load `blocks` of `file`."""

    @abstractmethod
    def tick(self) -> None:
        """Do what is due; called a few times a second by the thread that waits for results."""

    @abstractmethod
    def leave(self) -> None:
        """Begin nothing new, stop what can be stopped, and wait a little for the rest."""
