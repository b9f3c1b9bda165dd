"""A block that the worker does not hold, though the master still says so, is loaded again and fails no job."""

from collections.abc import Iterator
from typing import Any

from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status
from avio.engines.alluxio.view.content_check import ContentCheck
from avio.errors import Gone

HELD = Block(7, 4, 0, (Location(Address("w", 1), 1, "MEM", "MEM"),))
FILE = Status("/a", False, 4, True, Persistence.PERSISTED, False, 1, "", (HELD,), 100, 0, "", False)


class Worker:
    """Holds `content`, or nothing; the bucket's object is b"good"."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.removed: list[int] = []

    def read(self, *_: Any) -> Iterator[bytes]:
        if self.content is None:
            raise Gone("BlockMeta not found for blockId 7")
        yield self.content

    def remove(self, _: Address, block: int) -> None:
        self.removed.append(block)


class Bucket:
    def read(self, *_: Any) -> Iterator[bytes]:
        yield b"good"


class Everybody:
    def counts(self, _: Location) -> bool:
        return True


def verifying(worker: Worker) -> ContentCheck:
    return ContentCheck(worker, Bucket(), Everybody(), lambda size: None)  # type: ignore[arg-type]  # as far as they are asked


def test_a_block_that_the_worker_does_not_hold_is_not_sound() -> None:
    made = verifying(Worker(None))

    assert (made.is_sound(FILE), made.dropped) == (False, True)


def test_a_block_that_differs_is_dropped() -> None:
    worker = Worker(b"evil")
    made = verifying(worker)

    assert (made.is_sound(FILE), made.dropped, worker.removed) == (False, True, [7])


def test_a_block_that_is_alike_stays() -> None:
    worker = Worker(b"good")
    made = verifying(worker)

    assert (made.is_sound(FILE), made.dropped, worker.removed) == (True, False, [])
