"""The tier that the files of one preload go to: one for all, chosen by what is known when the first one moves."""

from pathlib import Path
from typing import Any

import pytest

from avio.engines.local.capacity import Capacity
from avio.engines.local.promises import Promises
from avio.engines.local.tiers import TierDirectory, Tiers, open_tiers
from avio.engines.tier import Tier
from avio.errors import CacheFull, EngineAway
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt

MEM, SSD = 100_000, 200_000
RUN = Attempt()


class Room:
    """The capacity of the tiers MEM and SSD, and the promises of jobs over it."""

    def __init__(self, directory: Path) -> None:
        sizes = {"MEM": MEM, "SSD": SSD}
        self.tiers: Tiers = open_tiers(
            [{"alias": alias, "path": str(directory / alias), "capacity": size} for alias, size in sizes.items()]
        )
        self.capacity = Capacity(self.tiers)

    def job(self, **params: Any) -> Promises:
        return Promises(self.capacity, Params(**params))

    def free(self) -> list[int]:
        return [self.capacity.figures(tier).free for tier in self.tiers]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def take(job: Promises, size: int) -> str:
    """Move a file of `size` bytes; return its tier."""
    with job.reserve(size) as tier:
        return tier.alias


def test_all_files_go_to_the_first_tier_that_has_room_for_all_of_them(room: Room) -> None:
    small, large = room.job(), room.job()
    for job, size in ((small, 9_000), (large, 15_000)):
        for _ in range(10):
            job.add(size)
        job.complete(RUN)

    assert [take(small, 9_000) for _ in range(10)] == ["MEM"] * 10
    assert [take(large, 15_000) for _ in range(10)] == ["SSD"] * 10
    small.close()
    large.close()
    assert room.free() == [MEM - 90_000, SSD - 150_000]


def test_files_that_no_tier_has_room_for_are_refused_with_the_tier_that_has_most(room: Room) -> None:
    job = room.job()
    job.add(190_000)
    with pytest.raises(CacheFull, match="205 KiB or more are needed on one tier; room for it: MEM 98 KiB") as no:
        job.add(20_000)

    assert "spread=true" in no.value.cure
    assert "POST /free" not in no.value.cure  # no tier is as large
    assert room.free() == [MEM, SSD]


def test_with_spread_the_files_fill_one_tier_after_the_other(room: Room) -> None:
    job = room.job(spread=True)
    for _ in range(3):
        job.add(90_000)
    job.complete(RUN)

    assert [take(job, 90_000) for _ in range(3)] == ["MEM", "SSD", "SSD"]
    with pytest.raises(CacheFull, match="room for it: promised to it 264 KiB, MEM"):
        job.add(90_000)


def test_new_files_go_to_the_tier_that_has_the_other_files_of_the_job(room: Room) -> None:
    job = room.job()
    job.add(0, {"SSD": 5_000})
    job.add(10_000)
    job.complete(RUN)
    assert take(job, 10_000) == "SSD"

    full = room.job()
    full.add(0, {"MEM": 5_000})
    full.add(110_000)  # MEM has no room for the others
    full.complete(RUN)
    assert take(full, 110_000) == "SSD"


def test_before_the_end_of_the_listing_a_tier_with_much_more_room_is_taken(room: Room) -> None:
    small, large, largest = room.job(), room.job(), room.job()
    for job, size in ((small, 20_000), (large, 30_000), (largest, 70_000)):
        job.add(size)
        assert job.holds
        assert job.tight == (job is not small)

    assert take(small, 20_000) == "MEM"  # it has room for four times as much
    assert take(large, 30_000) == "SSD"
    assert take(largest, 70_000) == "SSD"  # none has, and SSD has most


def test_a_tier_that_turns_out_too_small_is_left_for_one_with_room_for_all(room: Room) -> None:
    job = room.job()
    job.add(0, {"MEM": 1_000})
    job.add(20_000)
    assert take(job, 20_000) == "MEM"

    job.add(90_000)

    assert take(job, 90_000) == "SSD"
    assert (job.accepts(["MEM"]), job.accepts(["SSD"])) == (False, True)
    assert room.free()[0] == MEM - 20_000  # what was promised there is given back
    with pytest.raises(CacheFull, match="needed on one tier; room for it: MEM") as no:
        job.add(100_000)
    assert "spread=true" in no.value.cure


def test_a_job_that_takes_what_fits_stops_at_the_capacity_of_one_tier(room: Room) -> None:
    job = room.job(if_full="partial")
    for _ in range(3):
        job.add(90_000)
    job.complete(RUN)
    assert room.free() == [MEM, SSD]  # nothing is promised

    assert [take(job, 90_000) for _ in range(2)] == ["SSD", "SSD"]
    with pytest.raises(CacheFull, match="88 KiB don't fit; free: SSD 20 KiB") as no:
        take(job, 90_000)
    assert "spread=true" in no.value.cure
    assert "ifFull" not in no.value.cure


def test_a_job_with_nothing_to_move_takes_no_room_of_a_full_cache(room: Room, tmp_path: Path) -> None:
    for name, size in (("MEM", 2 * MEM), ("SSD", 2 * SSD)):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "f").write_bytes(bytes(size))
    job = room.job()
    job.add(0, {"MEM": 2 * MEM})

    job.complete(RUN)

    assert room.free() == [0, 0]


def test_the_tier_asked_for_needs_no_choice(room: Room) -> None:
    job = room.job(tier="MEM")
    job.add(10_000)
    assert take(job, 10_000) == "MEM"
    with pytest.raises(CacheFull, match="107 KiB or more are needed; room for it: MEM 98 KiB") as no:
        job.add(MEM)
    assert "use tier=SSD, which has room for it" in no.value.cure
    assert "spread" not in no.value.cure


def test_a_file_counts_once_that_is_added_again_after_the_tiers_were_away(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = room.job()
    figures = room.capacity.figures
    looks: list[TierDirectory] = []

    def away_once(tier: TierDirectory) -> Tier:
        looks.append(tier)
        if len(looks) == 1:
            raise EngineAway("the disk of the tier does not answer")
        return figures(tier)

    monkeypatch.setattr(room.capacity, "figures", away_once)
    with pytest.raises(EngineAway):
        job.add(SSD - 10_000, {"MEM": 1})
    job.add(SSD - 10_000)
    job.complete(RUN)

    assert take(job, SSD - 10_000) == "SSD"
    job.close()


@pytest.mark.parametrize(
    ("params", "size", "needed"),
    [
        ({"tier": "MEM"}, MEM, MEM),
        ({"tier": "MEM"}, MEM + 1, None),
        ({}, SSD, SSD),
        ({}, SSD + 1, None),
        ({"spread": True}, MEM + SSD, MEM + SSD),
        ({"spread": True}, MEM + SSD + 1, None),
    ],
)
def test_a_refusal_tells_what_would_fit_if_others_had_less(
    room: Room, params: dict[str, Any], size: int, needed: int | None
) -> None:
    other = room.job(spread=True)
    other.add(MEM - 10)
    other.add(SSD - 10)

    with pytest.raises(CacheFull) as full:
        room.job(**params).add(size)

    assert full.value.needed == needed
