"""The bandwidth of an attempt: the mean is right, bursts are small, and a change counts at once."""

import threading
import time
from collections.abc import Callable

import pytest

from avio.engines.bandwidth import BURST_SECONDS, Bandwidth
from avio.engines.cancel import Stopped
from avio.engines.pay import pay
from avio.executor.attempt import Attempt
from avio.wire.limits import Limits

RATE = 1_000_000


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def moved_in(bandwidth: Bandwidth, clock: Clock, seconds: float, piece: int) -> int:
    """Move pieces as fast as the bandwidth allows for so many seconds; return the bytes."""
    moved, end = 0, clock.now + seconds
    while clock.now < end:
        if (wait := bandwidth.wait_seconds()) > 0:
            clock.now += wait
        else:
            bandwidth.spend(piece)
            moved += piece
    return moved


@pytest.mark.parametrize("piece", [1000, 256 << 10, 8 << 20])
def test_the_mean_is_the_rate_whatever_the_pieces(piece: int) -> None:
    clock = Clock()

    assert moved_in(Bandwidth(RATE, clock), clock, 100, piece) == pytest.approx(100 * RATE, abs=piece)


def test_after_a_pause_a_burst_is_bounded() -> None:
    clock = Clock()
    bandwidth = Bandwidth(RATE, clock)
    clock.now += 3600

    assert moved_in(bandwidth, clock, 1, 1000) == pytest.approx(RATE * (1 + BURST_SECONDS), abs=2000)


def test_a_change_counts_at_once_in_both_directions() -> None:
    clock = Clock()
    bandwidth = Bandwidth(1000, clock)
    bandwidth.spend(50_000_000)
    assert bandwidth.wait_seconds() == 50_000

    bandwidth.set(RATE)
    assert bandwidth.wait_seconds() == 1
    clock.now += 1
    assert moved_in(bandwidth, clock, 10, 1000) == pytest.approx(10 * RATE, abs=2000)

    bandwidth.set(1000)
    assert moved_in(bandwidth, clock, 10, 100) == pytest.approx(10_000, abs=200)

    bandwidth.set(None)
    bandwidth.spend(1 << 40)
    assert bandwidth.wait_seconds() == 0


def test_what_moved_without_a_limit_is_not_paid_for_later() -> None:
    bandwidth = Bandwidth(None, Clock())
    bandwidth.spend(1 << 40)

    bandwidth.set(1000)

    assert bandwidth.wait_seconds() == 0


def test_pieces_are_small_where_the_bandwidth_is() -> None:
    assert [Bandwidth(rate).piece(4 << 20) for rate in (None, 1 << 40, 1 << 20, 1)] == [
        4 << 20,
        4 << 20,
        (1 << 20) // 10,
        16 << 10,
    ]


def paying(attempt: Attempt, size: int) -> tuple[threading.Thread, list[BaseException]]:
    """Pay in a thread; return it, and what it raised."""
    raised: list[BaseException] = []

    def work() -> None:
        try:
            pay(attempt, size)
        except Stopped as error:
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, raised


@pytest.mark.parametrize(
    ("end", "raises"),
    [(Attempt.stop, 1), (lambda attempt: attempt.limit(Limits()), 0)],
    ids=["a stop", "no limit any longer"],
)
def test_a_wait_for_an_hour_ends_soon_after(end: Callable[[Attempt], None], raises: int) -> None:
    beats: list[int] = []
    attempt = Attempt("JOB", 1, beats.append, limits=Limits(bandwidth=1000))
    thread, raised = paying(attempt, 3_600_000)
    time.sleep(0.3)
    assert thread.is_alive()
    assert beats, "an attempt that waits would be taken for a stalled one"

    end(attempt)
    thread.join(10)

    assert not thread.is_alive()
    assert len(raised) == raises


def test_limits_are_shared_by_processes() -> None:
    assert Limits(1000, 7).share(3) == Limits(333, 2)
    assert Limits(2, 1).share(4) == Limits(1, 1)
    assert Limits().share(4) == Limits()
