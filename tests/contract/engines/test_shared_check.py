"""A check whose copies movers read: the same verdicts as without movers, whatever dies on the way.

The movers are threads, each with an engine of its own over the same settings.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import Side
from avio.engines.comparison import NoDigest
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.supply import Supply
from avio.errors import EngineAway, Gone
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness
from tests.contract.engines.test_check import CheckJob, check_job, differ
from tests.contract.engines.test_shared_work import LocalMovers, share
from tests.unit.engines.movers.thread_movers import Fleet

MANY = 250  # files: several batches


@pytest.fixture
def local(tmp_path: Path) -> Iterator[FilesHarness]:
    yield FilesHarness(tmp_path)
    while Fleet.made:
        Fleet.made.pop().close()


@pytest.fixture
def check(local: FilesHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckJob:
    return check_job(local, tmp_path, monkeypatch)


def many(local: FilesHarness) -> dict[str, str]:
    """Make and load many files, of which some differ by bytes alone. Return the signs of all."""
    names = [f"{number:03}" for number in range(MANY)]
    local.put_all([f"/data/{name}" for name in names])
    local.preload()
    for name in names[::50]:
        local.put_cache(f"/data/{name}", b"changed")
    return dict.fromkeys(names, "=") | dict.fromkeys(names[::50], "*")


@pytest.mark.parametrize("verify", ["content", "checksum", "size"])
def test_movers_find_what_a_check_without_them_finds(local: FilesHarness, check: CheckJob, verify: str) -> None:
    differ(local)
    alone, signs = check(verify=verify)
    fleet = share(local)

    shared, by_movers = check(verify=verify)

    assert by_movers == signs
    assert (shared.state, shared.reason, shared.message) == (alone.state, alone.reason, alone.message)
    assert shared.progress.counters == alone.progress.counters
    assert fleet.pool.started == 1


def test_a_small_check_has_one_mover_and_a_large_one_more(
    local: FilesHarness, check: CheckJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs = many(local)
    small = share(local, most=3)
    assert check(verify="checksum")[1] == signs
    monkeypatch.setattr("avio.engines.movers.pool.GROW_BATCHES", 1)
    monkeypatch.setattr("avio.engines.movers.batches.BATCH_ROWS", 10)
    large = share(local, most=3)
    assert check(verify="checksum")[1] == signs

    assert (small.pool.started, large.pool.started) == (1, 3)


class Dying(LocalMovers):
    """The first mover dies after some files."""

    lives = 1

    def serve(self, task: str, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
        if self.lives:
            self.lives -= 1
            outbox.add = _dying(outbox, 30)  # type: ignore[method-assign]
        super().serve(task, supply, outbox, params, run)


def _dying(outbox: Outbox, after: int) -> object:
    add = outbox.add
    left = iter(range(after))

    def added(batch: int, result: list[object]) -> None:
        if next(left, None) is None:
            raise ConnectionResetError("the mover dies")
        add(batch, result)
        outbox.flush()

    return added


def test_the_files_of_a_mover_that_died_are_compared_by_another_each_once(local: FilesHarness, check: CheckJob) -> None:
    signs = many(local)
    fleet = share(local)
    fleet.engine = Dying(local.settings)  # type: ignore[assignment]

    assert check(verify="checksum")[1] == signs
    assert len(fleet.threads) == 2


def test_a_file_that_can_not_be_compared_has_its_own_error(local: FilesHarness) -> None:
    local.put_all(["/data/a"])
    local.preload()
    share(local)
    [entry] = local.engine.walk("/data", depth=None, side=Side.BOTH)
    run = Attempt()
    nothing = type(entry)(entry.path, "file", 0, None, entry.state, token=None)

    [(same, outcome)] = local.engine.compare([entry], Params(verify="checksum"), run)
    [(gone, error)] = local.engine.compare([nothing], Params(verify="checksum"), run)

    assert (same, outcome) == (entry, Outcome.SAME)
    assert gone is nothing
    assert isinstance(error, Gone)


def test_a_store_that_is_away_ends_the_comparison(local: FilesHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    local.put_all(["/data/a"])
    local.preload()
    share(local)
    entries = list(local.engine.walk("/data", depth=None, side=Side.BOTH))

    def away(*_: object) -> bool:
        raise EngineAway("the store does not answer")

    monkeypatch.setattr("avio.engines.local.buckets.files.FilesBucket.equals", away)
    monkeypatch.setattr("avio.engines.retry.MAX_TRIES", 1)
    with pytest.raises(EngineAway):
        list(local.engine.compare(entries, Params(verify="checksum"), Attempt()))


def test_a_missing_digest_keeps_its_reason(local: FilesHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    local.put_all(["/data/a"])
    local.preload()
    share(local)
    entries = list(local.engine.walk("/data", depth=None, side=Side.BOTH))
    monkeypatch.setattr("avio.engines.local.buckets.files.FilesBucket.equals", lambda *_: None)

    [(_, error)] = local.engine.compare(entries, Params(verify="checksum"), Attempt())

    assert isinstance(error, Exception)
    assert (error.reason, error.cure) == (NoDigest.reason, NoDigest.cure)
