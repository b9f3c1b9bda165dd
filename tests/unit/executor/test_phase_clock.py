"""The phases of an attempt and their times."""

import pytest

from avio import clock
from avio.executor.phase_clock import PhaseClock
from avio.wire.states import Phase
from avio.wire.timings import MAX_PHASES, PhaseTime


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [5.0]
    monkeypatch.setattr(clock, "boottime", lambda: now[0])
    monkeypatch.setattr(clock, "now", lambda: 1000 + now[0])
    return now


def test_each_phase_has_its_begin_and_its_seconds(moment: list[float]) -> None:
    phases = PhaseClock()
    moment[0] = 7.5
    phases.begin(Phase.TRANSFERRING)
    phases.begin(Phase.TRANSFERRING)
    moment[0] = 8.0

    assert phases.current is Phase.TRANSFERRING
    assert phases.told() == [PhaseTime("listing", 1_005_000, 2500), PhaseTime("transferring", 1_007_500, 500)]
    assert (phases.first(Phase.TRANSFERRING), phases.first(Phase.VERIFYING)) == (7.5, None)


def test_there_are_never_more_than_an_event_has_room_for(moment: list[float]) -> None:
    phases = PhaseClock()
    for _ in range(MAX_PHASES):
        phases.begin(Phase.TRANSFERRING)
        phases.begin(Phase.VERIFYING)

    assert len(phases.told()) == MAX_PHASES
