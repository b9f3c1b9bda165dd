"""No node is given up because somebody has set the database's clock."""

from contextlib import nullcontext

import pytest

from avio.aggregator import __main__ as program
from avio.aggregator import steady_clock
from avio.aggregator.steady_clock import SteadyClock
from avio.config import Settings
from tests.servers.ports import free_port


class Clocks:
    """Both clocks, as a test sets them; a look at the database's takes `slow` seconds."""

    def __init__(self) -> None:
        self.here, self.step, self.slow = 1000.0, 0.0, 0.0

    def boottime(self) -> float:
        return self.here

    def now(self) -> float:
        self.here += self.slow
        told = self.here + self.step
        self.here += self.slow
        return told


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    made = Clocks()
    monkeypatch.setattr(steady_clock, "borrow", nullcontext)
    monkeypatch.setattr(steady_clock, "boottime", made.boottime)
    monkeypatch.setattr(steady_clock, "now", made.now)
    return made


def test_a_step_forward_gives_the_nodes_a_pause(clocks: Clocks) -> None:
    clock = SteadyClock(20)
    assert clock.is_steady()
    clocks.here, clocks.step = clocks.here + 2, 60

    assert not clock.is_steady()
    clocks.here += 19
    assert not clock.is_steady()
    clocks.here += 1
    assert clock.is_steady()


def test_a_step_back_and_a_slow_database_are_no_step_forward(clocks: Clocks) -> None:
    clock = SteadyClock(20)
    for slow, step in ((0, 0), (30, 0), (0, 0), (0, -60), (5, -60), (0, -60.5), (0, -60)):
        clocks.here, clocks.step, clocks.slow = clocks.here + 2, step, slow
        assert clock.is_steady()


def test_the_reaper_waits_for_a_steady_clock(clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> None:
    reaped: list[float] = []
    monkeypatch.setattr(program, "reap", lambda grace: reaped.append(clocks.step) or [])
    monkeypatch.setattr(program, "REAP_SECONDS", -1.0)
    monkeypatch.setattr(program, "SWEEP_SECONDS", -1.0)
    monkeypatch.setattr(program, "PAUSE_SECONDS", 0.0)
    aggregator = program.Aggregator(Settings(redis_url=f"redis://127.0.0.1:{free_port()}/0"))

    def at_the_end_of_a_round(*_: object) -> None:
        if clocks.step:
            aggregator.leave()
        clocks.step = 60

    monkeypatch.setattr(program, "sweep", at_the_end_of_a_round)

    aggregator.run()

    assert reaped == [0]
