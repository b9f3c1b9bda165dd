"""How files are gathered into windows: small at first, then larger, at once when nothing follows."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from avio.engines.alluxio.clients.status import Block
from avio.engines.alluxio.load.block_queue import LoadingFile
from avio.engines.alluxio.load.window_carrier import FIRST_FILES, WindowCarrier
from avio.engines.base import Entry, EntryState
from avio.errors import EngineAway
from tests.contract.engines.harness import Attempt
from tests.processes import wait_until


class Counted(WindowCarrier):
    """Loads nothing, and notes how many files each window had; the first begins when all have been given."""

    name = "counted"
    size = 40

    def __init__(self, count: int, error: EngineAway | None = None) -> None:
        self.windows: list[int] = []
        self.arrived: list[LoadingFile] = []
        self.error = error
        self.given = 0
        self._count = count
        super().__init__(lambda paths: {}, Attempt(), self.arrived.append)

    def load(self, files: Sequence[LoadingFile]) -> None:
        wait_until(lambda: len(self.windows) or self.given == self._count, 5, "all files are given")
        self.windows.append(len(files))
        if self.error is not None:
            raise self.error


@contextmanager
def loaded(sizes: Sequence[int], error: EngineAway | None = None) -> Iterator[Counted]:
    """Files of so many bytes that a carrier took, once it has answered for all."""
    carrier = Counted(len(sizes), error)
    try:
        for no, size in enumerate(sizes):
            entry = Entry(f"/{no}", "file", size, 0, EntryState.REMOTE)
            carrier.carry(LoadingFile(entry, None), [Block(no, size, 0, ())])  # type: ignore[arg-type]  # not looked at
            carrier.given += 1
        wait_until(lambda: len(carrier.arrived) == len(sizes), 5, "all files are answered for")
        yield carrier
    finally:
        carrier.stop()


def test_each_window_is_twice_as_large_as_the_one_before_up_to_its_size() -> None:
    with loaded([1] * 130) as carrier:
        assert carrier.windows == [FIRST_FILES, 2 * FIRST_FILES, 40, 40, 130 - 3 * FIRST_FILES - 80]


def test_a_window_that_can_not_be_loaded_is_answered_for_with_the_reason() -> None:
    with loaded([1] * 3, error := EngineAway("gone")) as carrier:
        assert [file.error for file in carrier.arrived] == [error] * 3


def test_files_that_nothing_follows_do_not_wait_for_a_full_window() -> None:
    began = time.monotonic()

    with loaded([1]):
        assert time.monotonic() - began < 10
