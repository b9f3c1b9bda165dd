"""Intake tells the database how full the tiers are, for jobs that wait for room; no other cache is asked for that."""

from collections.abc import Sequence
from typing import ClassVar

import pytest

from avio.config import Settings
from avio.db import rooms
from avio.db.rooms import TierRoom
from avio.engines.memory import MemoryEngine
from avio.engines.tier import Tier
from avio.wire.options import Ability
from supervisor.intake import sweep
from supervisor.intake.sweep import Sweeper


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
