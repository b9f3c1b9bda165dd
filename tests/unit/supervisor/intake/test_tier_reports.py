"""Intake tells the database how full the tiers are, for jobs that wait for room; no other cache is asked for that."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import ClassVar

import pytest
from peewee import OperationalError

from avio.config import Settings
from avio.db import cache_maps, rooms
from avio.db.away import DatabaseAway
from avio.db.rooms import TierRoom
from avio.engines.memory import MemoryEngine
from avio.engines.tier import Tier
from avio.wire.options import Ability
from supervisor.intake import survey, sweep, tier_watch
from supervisor.intake.slots import Slots
from supervisor.intake.survey import Surveyor
from supervisor.intake.sweep import Sweeper
from supervisor.intake.tier_watch import TierWatch


class Asked(MemoryEngine):
    """An engine that notes how often it was asked for its tiers."""

    asked = 0

    def capacity(self) -> Sequence[Tier]:
        self.asked += 1
        return [Tier("MEM", 100, 60, reserved=10)]


class Roomy(Asked):
    """One whose jobs may wait for room."""

    abilities: ClassVar[frozenset[Ability]] = frozenset(Ability)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[TierRoom]:
    found: list[TierRoom] = []
    monkeypatch.setattr(rooms, "report", found.extend)
    return found


def sweeper(engine: Asked, monkeypatch: pytest.MonkeyPatch) -> Sweeper:
    monkeypatch.setattr(sweep, "open_engine", lambda settings: engine)
    monkeypatch.setattr(sweep, "borrow", nullcontext)
    return Sweeper(Settings())


def test_the_figures_of_tiers_that_jobs_may_wait_for_are_told(
    told: list[TierRoom], monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeper(Roomy(), monkeypatch).report_tiers()
    assert [(each.alias, each.used, each.reserved) for each in told] == [("MEM", 60, 10)]


def test_a_cache_for_whose_room_no_job_waits_is_not_asked(
    told: list[TierRoom], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Asked()
    sweeper(engine, monkeypatch).report_tiers()
    assert (engine.asked, told) == (0, [])


@pytest.mark.parametrize("error", [DatabaseAway("gone"), OperationalError("statement timeout"), OSError("disk")])
def test_what_goes_wrong_ends_no_thread(
    told: list[TierRoom], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(rooms, "report", fail)
    sweeper(Roomy(), monkeypatch).report_tiers()
    monkeypatch.setattr(survey, "borrow", nullcontext)
    monkeypatch.setattr(cache_maps, "begin", fail)
    Surveyor("n1", {"MEM": lambda: iter(())}).look()


def test_the_thread_that_takes_and_ends_jobs_asks_no_tier_for_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Roomy()
    made = sweeper(engine, monkeypatch)
    monkeypatch.setattr(tier_watch, "adopt", lambda settings: [])
    monkeypatch.setattr(tier_watch.queries, "known", dict)
    monkeypatch.setattr(tier_watch, "borrow", nullcontext)
    monkeypatch.setattr(tier_watch.leases, "end_drain", lambda node, epoch: None)

    TierWatch(Settings(), Slots(1), made).check(1)

    assert (engine.asked, made.ready.is_set()) == (0, True)
