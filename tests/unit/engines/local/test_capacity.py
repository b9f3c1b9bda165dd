"""The books of tiers: what several processes use and are promised there is never more than there is."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from avio.engines.local import capacity as capacities
from avio.engines.local import tier_disk
from avio.engines.local.book import Book
from avio.engines.local.capacity import Capacity, Reservation
from avio.engines.local.marker import make_marker
from avio.engines.local.promises import Promises
from avio.engines.local.root import Root
from avio.engines.local.tiers import TierDirectory, open_tiers
from avio.errors import CacheFull
from avio.wire.params import Params

FULL = 100_000

# Another process: it has bytes promised, says so, and waits to be killed or to be told to end.
OTHER = """
import sys
from avio.engines.local.capacity import Capacity
from avio.engines.local.promises import Promises
from avio.engines.local.tiers import open_tiers
from avio.wire.params import Params
promises = Promises(Capacity(open_tiers([{"alias": "MEM", "path": sys.argv[1], "capacity": 100_000}])), Params())
promises.add(int(sys.argv[2]))
print("promised", flush=True)
sys.stdin.read()
promises.close()
"""


class Node:
    """A capacity as one process has it, over the tiers in one directory."""

    def __init__(self, directory: Path, aliases: tuple[str, ...] = ("MEM",), full: int = FULL) -> None:
        settings = [{"alias": alias, "path": str(directory / alias), "capacity": full} for alias in aliases]
        self.tiers = open_tiers(settings)
        self.capacity = Capacity(self.tiers)

    def tier(self) -> TierDirectory:
        return next(iter(self.tiers))

    def reserve(self, size: int) -> Reservation:
        return self.capacity.reserve(size, list(self.tiers))

    def free(self) -> int:
        return self.capacity.figures(self.tier()).free

    def used(self) -> int:
        return self.capacity.figures(self.tier()).used


@pytest.fixture
def node(tmp_path: Path) -> Callable[[], Node]:
    """Return what makes another node over the same tier."""
    return lambda: Node(tmp_path)


@contextmanager
def other_process(directory: Path, size: int) -> Iterator["subprocess.Popen[str]"]:
    """Yield a process that has `size` bytes promised."""
    argv = [sys.executable, "-c", OTHER, str(directory / "MEM"), str(size)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "promised\n"
        try:
            yield process
        finally:
            process.kill()


def fill(file: Path, size: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(size))


def test_what_one_job_was_promised_no_other_gets(node: Callable[[], Node]) -> None:
    first, second = node(), node()
    Promises(first.capacity, Params()).add(80_000)

    with pytest.raises(CacheFull, match="78 KiB or more are needed; room for it: MEM 1"):
        Promises(second.capacity, Params()).add(80_000)
    with pytest.raises(CacheFull), second.reserve(30_000):
        pass
    with second.reserve(15_000):
        assert second.free() < 5_000


def test_a_promise_is_given_back_at_the_end_of_its_job(node: Callable[[], Node]) -> None:
    first, second = node(), node()
    promises = Promises(first.capacity, Params())
    promises.add(80_000)
    with first.reserve(30_000):
        pass
    promises.close()

    assert (second.used(), second.free()) == (30_000, 70_000)


def test_the_promise_of_a_process_that_was_killed_is_gone_at_once(tmp_path: Path, node: Callable[[], Node]) -> None:
    with other_process(tmp_path, 80_000) as other:
        assert node().free() <= 20_000
        other.kill()
        other.wait()

        assert node().free() == FULL


def test_what_a_killed_process_had_put_in_place_is_found(tmp_path: Path, node: Callable[[], Node]) -> None:
    assert node().used() == 0
    with other_process(tmp_path, 80_000) as other:
        fill(tmp_path / "MEM/data/f", 60_000)  # in place, and not in the book
        other.kill()
        other.wait()

    Node(tmp_path).free()  # finds that the other is dead
    assert node().used() == 60_000


def test_a_promise_is_drawn_from_and_not_asked_for_twice(node: Callable[[], Node]) -> None:
    first, second = node(), node()
    promises = Promises(first.capacity, Params())
    for _ in range(9):
        promises.add(10_000)

    for _ in range(9):
        with first.reserve(10_000):
            assert second.used() + second.free() <= FULL

    promises.close()
    assert (second.used(), second.free()) == (90_000, 10_000)


def test_a_file_that_fails_leaves_its_promise_to_its_next_try(node: Callable[[], Node]) -> None:
    first, second = node(), node()
    promises = Promises(first.capacity, Params())
    promises.add(90_000)

    with pytest.raises(RuntimeError), first.reserve(90_000):
        raise RuntimeError
    assert second.free() <= 10_000
    with first.reserve(90_000):
        pass

    promises.close()
    assert (second.used(), second.free()) == (90_000, 10_000)


def test_no_promise_is_above_what_the_disk_has(node: Callable[[], Node], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacities, "disk_free", lambda tier: 20_000)

    assert node().free() == 20_000
    with pytest.raises(CacheFull, match="29 KiB or more are needed; room for it: MEM 20 KiB"):
        Promises(node().capacity, Params()).add(30_000)


def test_tiers_of_one_disk_share_its_free_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacities, "disk_free", lambda tier: 50_000)
    Promises(Node(tmp_path, ("MEM", "SSD")).capacity, Params(tier="MEM")).add(40_000)

    with pytest.raises(CacheFull):
        Promises(Node(tmp_path, ("MEM", "SSD")).capacity, Params(tier="SSD")).add(40_000)


def test_the_written_part_of_an_unfinished_file_is_not_counted_twice(
    tmp_path: Path, node: Callable[[], Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacities, "disk_free", lambda tier: 30_000)  # 20,000 of 50,000 are written
    first = node()
    with first.reserve(25_000):
        fill(tmp_path / "MEM/.avio/01TEST.1/0", 20_480)

        assert node().free() == 30_000 - (25_000 - 20_480)


def test_a_disk_without_inodes_has_no_room(node: Callable[[], Node], monkeypatch: pytest.MonkeyPatch) -> None:
    full = SimpleNamespace(f_files=10, f_favail=0, f_bavail=1 << 20, f_blocks=1 << 20, f_frsize=4096)
    monkeypatch.setattr(os, "fstatvfs", lambda fd: full)

    assert tier_disk.disk_free(node().tier()) == 0


def test_a_tier_is_walked_once_and_not_by_each_process(
    tmp_path: Path, node: Callable[[], Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "MEM/data/f", 10_000)
    walks: list[str] = []

    def slow(tier: TierDirectory) -> int:
        walks.append(tier.alias)
        time.sleep(2 * capacities.QUICK_SECONDS)
        return tier_disk.measure(tier)

    monkeypatch.setattr(capacities, "measure", slow)
    for _ in range(3):
        each = node()
        assert each.used() == 10_000
        with each.reserve(1):
            pass
        each.capacity.adjust(each.tier(), -1)

    assert walks == ["MEM"]


def test_a_tier_is_measured_again_before_a_file_is_refused(tmp_path: Path, node: Callable[[], Node]) -> None:
    fill(tmp_path / "MEM/data/f", 90_000)
    first = node()
    assert first.used() == 90_000
    (tmp_path / "MEM/data/f").unlink()
    time.sleep(capacities.MIN_TTL_SECONDS)

    with first.reserve(50_000):
        assert first.used() == 0


def test_a_book_that_is_removed_is_begun_again(tmp_path: Path, node: Callable[[], Node]) -> None:
    first = node()
    Promises(first.capacity, Params()).add(80_000)
    (tmp_path / "MEM/.avio/book").unlink()
    time.sleep(1.0)

    assert first.free() <= 20_000
    assert node().free() <= 20_000


@pytest.mark.parametrize("content", [b"", b"half", b"\xff" * 500])
def test_a_book_that_is_damaged_is_begun_again(tmp_path: Path, node: Callable[[], Node], content: bytes) -> None:
    fill(tmp_path / "MEM/data/f", 10_000)
    fill(tmp_path / "MEM/.avio/book", 0)
    (tmp_path / "MEM/.avio/book").write_bytes(content)

    assert (node().used(), node().free()) == (10_000, 90_000)


@pytest.mark.parametrize("maker", ["marker", "book"])
def test_whoever_may_write_to_the_tier_may_write_to_its_book(tmp_path: Path, maker: str) -> None:
    tier = tmp_path / "MEM"
    tier.mkdir()
    tier.chmod(0o775)
    if maker == "marker":
        make_marker(tier)
    else:
        book = Book(Root(str(tier), make=False))
        with book.locked():
            pass
        book.close()

    assert (tier / ".avio").stat().st_mode & 0o777 == 0o775
    assert (tier / ".avio/book").stat().st_mode & 0o777 == 0o664


def test_before_a_tier_is_measured_again_nobody_is_promised_what_a_dead_process_put_in_place(
    tmp_path: Path, node: Callable[[], Node]
) -> None:
    here = node()
    assert here.free() == FULL  # looked at a moment ago
    with other_process(tmp_path, 80_000) as other:
        fill(tmp_path / "MEM/data/f", 60_000)
        other.kill()
        other.wait()

    with pytest.raises(CacheFull):
        Promises(here.capacity, Params()).reserve(50_000)


def test_the_movers_of_a_dead_process_have_ended_before_its_tier_is_measured(
    tmp_path: Path, node: Callable[[], Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = node()
    assert here.free() == FULL
    with other_process(tmp_path, 80_000) as other:
        other.kill()
        other.wait()
    # A mover names its last file while the finder has the book.
    monkeypatch.setattr("avio.engines.local.book.time.sleep", lambda _: fill(tmp_path / "MEM/data/f", 60_000))

    with pytest.raises(CacheFull):
        Promises(here.capacity, Params()).reserve(50_000)


def test_files_in_place_that_are_promised_too_are_no_more_than_the_capacity(
    tmp_path: Path, node: Callable[[], Node]
) -> None:
    here, other = node(), node()
    Promises(other.capacity, Params()).add(80_000)
    fill(tmp_path / "MEM/data/f", 60_000)  # of these 80,000
    here.capacity.distrust(here.tier())
    here.capacity.measure(here.tier())

    found = here.capacity.figures(here.tier())

    assert found.reserved >= 80_000
    assert found.used + found.reserved == FULL


def test_files_of_others_count_beyond_the_capacity(tmp_path: Path, node: Callable[[], Node]) -> None:
    here = node()
    fill(tmp_path / "MEM/data/f", 2 * FULL)
    here.capacity.distrust(here.tier())
    assert (here.used(), here.free()) == (2 * FULL, 0)
