"""The room of jobs that move nothing before they have room for all: they have all of it, or none."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from avio.engines.local.capacity import Capacity
from avio.engines.local.evictions import Evictions
from avio.engines.local.promises import Promises
from avio.engines.local.tiers import TierDirectory, Tiers, open_tiers
from avio.engines.local.whole_promises import WholePromises
from avio.engines.tier import Tier
from avio.errors import CacheFull, EngineAway
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt

FULL = 100_000
RUN = Attempt()


class Node:
    """A process: its books of the tiers in one directory, and its job."""

    def __init__(self, directory: Path, *aliases: str) -> None:
        settings = [{"alias": alias, "path": str(directory / alias), "capacity": FULL} for alias in aliases or ["MEM"]]
        self.tiers: Tiers = open_tiers(settings)
        self.capacity = Capacity(self.tiers)

    def job(self, *sizes: int, **params: Any) -> WholePromises:
        made = WholePromises(self.capacity, Params(if_full="wait", **params))
        for size in sizes:
            made.add(size)
        return made

    def promised(self) -> list[int]:
        return [FULL - self.capacity.figures(tier).free for tier in self.tiers]


def test_of_two_jobs_that_do_not_fit_together_one_has_all_and_the_other_nothing(tmp_path: Path) -> None:
    one, other = Node(tmp_path), Node(tmp_path)
    first, second = one.job(30_000, 28_000), other.job(30_000, 28_000)
    assert one.promised() == [0]  # listed, and nothing is promised yet

    first.complete(RUN)
    with pytest.raises(CacheFull, match="57 KiB or more are needed; room for it: MEM 41 KiB"):
        second.complete(RUN)

    assert other.promised() == [58_000 + first._step]
    first.close()
    second.complete(RUN)
    assert one.promised() == [58_000 + second._step]


def test_what_has_no_room_on_a_second_tier_holds_nothing_of_the_first(tmp_path: Path) -> None:
    node = Node(tmp_path, "MEM", "SSD")
    rival = Promises(node.capacity, Params(tier="SSD"))
    rival.add(60_000)
    job = node.job(70_000, 70_000, spread=True)

    with pytest.raises(CacheFull, match="MEM 98 KiB"):
        job.complete(RUN)

    assert node.promised()[0] == 0


def test_what_a_tier_without_an_answer_breaks_off_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(tmp_path, "MEM", "SSD")
    job, figures = node.job(70_000, 70_000, spread=True), node.capacity.figures

    def broken(tier: TierDirectory) -> Tier:
        if tier.alias == "SSD":
            raise EngineAway("no answer")
        return figures(tier)

    monkeypatch.setattr(node.capacity, "figures", broken)
    with pytest.raises(EngineAway):
        job.complete(RUN)
    monkeypatch.undo()

    assert node.promised() == [0, 0]


def test_with_spread_there_is_room_for_a_file_that_no_rest_of_a_tier_has_alone(tmp_path: Path) -> None:
    node, other = Node(tmp_path, "MEM", "SSD"), Node(tmp_path, "MEM", "SSD")
    job = node.job(70_000, 25_000, 25_000, spread=True)  # of MEM 5,000 are left for the last one, of SSD 20,000
    job.complete(RUN)
    rival = Promises(other.capacity, Params(tier="SSD"))
    rival.add(other.capacity.figures(list(other.tiers)[1]).free)

    placed = [job.reserve(size) for size in (70_000, 25_000, 25_000)]

    assert [each.tier.alias for each in placed] == ["MEM", "MEM", "SSD"]


@pytest.mark.parametrize("spread", [False, True])
def test_what_can_never_fit_is_refused_while_it_is_listed(tmp_path: Path, spread: bool) -> None:
    job = Node(tmp_path, "MEM", "SSD").job(90_000, spread=spread)

    with pytest.raises(CacheFull, match="can never fit") as no:
        job.add(120_000 if spread else 20_000)

    assert "ifFull=partial" in no.value.cure
    assert "POST /free" not in no.value.cure
    assert ("spread=true" in no.value.cure) == (not spread)


def test_its_own_files_in_place_count_where_all_must_fit(tmp_path: Path) -> None:
    job = Node(tmp_path).job()
    job.add(0, {"MEM": 60_000})
    with pytest.raises(CacheFull, match="can never fit"):
        job.add(60_000)


def test_the_files_may_go_to_any_tier_with_room(tmp_path: Path) -> None:
    node = Node(tmp_path, "MEM", "SSD")
    rival = Promises(node.capacity, Params(tier="MEM"))
    rival.add(60_000)
    job = node.job(70_000)
    job.complete(RUN)
    with job.reserve(70_000) as tier:
        assert tier.alias == "SSD"


class Drops(SimpleNamespace):
    """Evictions that drop what a test says."""

    dropped_bytes = 0

    def __init__(self, left: int, on_drop: Callable[[int], object]) -> None:
        self.left, self.on_drop = left, on_drop
        self.asked: list[int] = []

    def droppable(self, tier: TierDirectory) -> int:
        return self.left

    def drop(self, tier: TierDirectory, size: int, run: Attempt) -> int:
        self.asked.append(size)
        dropped = min(size, self.left)
        self.left -= dropped
        self.dropped_bytes += dropped
        self.on_drop(dropped)
        return dropped


def evicting(node: Node, drops: Drops, *sizes: int) -> WholePromises:
    evictions: Evictions = drops  # type: ignore[assignment]
    made = WholePromises(node.capacity, Params(if_full="evict"), evictions)
    for size in sizes:
        made.add(size)
    return made


def rival_of(node: Node, size: int) -> tuple[Promises, Callable[[int], object]]:
    """Return a job with `size` bytes, and what gives some back: as a drop does for used ones."""
    rival = Promises(node.capacity, Params())
    rival.add(size)
    tier = next(iter(node.tiers))
    return rival, lambda dropped: _give(node.capacity, tier, dropped)


def _give(capacity: Capacity, tier: TierDirectory, size: int) -> None:
    with capacity._locked(tier) as pages:
        capacity._books[tier].promise(pages[tier], -size)
        capacity._pools[tier] -= size


def test_only_what_is_lacking_is_dropped(tmp_path: Path) -> None:
    node = Node(tmp_path)
    _, give = rival_of(node, 80_000)
    drops = Drops(80_000, give)

    evicting(node, drops, 30_000).complete(RUN)

    assert sum(drops.asked) <= 30_000 - (FULL - 80_000) + 200


def test_nothing_is_dropped_if_that_would_not_be_enough(tmp_path: Path) -> None:
    node = Node(tmp_path)
    _, give = rival_of(node, 80_000)
    drops = Drops(5_000, give)

    with pytest.raises(CacheFull, match=r"4\.9 KiB may be dropped"):
        evicting(node, drops, 30_000).complete(RUN)

    assert drops.asked == []


def test_a_job_that_spares_the_files_of_others_drops_none(tmp_path: Path) -> None:
    node = Node(tmp_path)
    rival = Promises(node.capacity, Params(tier="MEM"))
    rival.add(60_000)
    drops = Drops(60_000, lambda dropped: rival.close())
    job = evicting(node, drops, 70_000)
    job.spares = True

    with pytest.raises(CacheFull) as full:
        job.complete(RUN)

    assert (drops.asked, full.value.needed) == ([], 70_000)
    assert "dropped" not in full.value.message


def test_a_refusal_says_how_much_may_be_dropped_where_that_is_not_enough(tmp_path: Path) -> None:
    node = Node(tmp_path)
    rival = Promises(node.capacity, Params(tier="MEM"))
    rival.add(60_000)

    with pytest.raises(CacheFull, match=r"of other files 4\.9 KiB may be dropped, which is not enough"):
        evicting(node, Drops(5_000, print), 70_000).complete(RUN)
