"""How long the master's books lag behind the workers, by the settings of the cluster, and the wait for it."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from avio.engines.alluxio.view.heartbeats import interval_seconds, lag_seconds
from avio.engines.alluxio.view.settlement import settle
from avio.executor.attempt import Attempt


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1sec", 1), ("1s", 1), ("500ms", 0.5), ("1.5s", 1.5), ("2min", 120), ("1m", 60), ("1hour", 3600), ("250", 0.25)],
)
def test_a_duration_of_alluxio_is_read(text: str, seconds: float) -> None:
    assert interval_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", [None, "", "soon"])
def test_an_interval_that_is_not_told_is_alluxios_default(text: str | None) -> None:
    assert interval_seconds(text) == 1.0


def test_a_free_that_was_accepted_before_takes_two_heartbeats_to_show() -> None:
    assert lag_seconds({"alluxio.worker.block.heartbeat.interval": "3sec"}) > 6


def test_the_wait_is_as_long_as_the_lag_and_ends_with_the_attempt() -> None:
    attempt = Attempt("JOB", 1)
    roster: Any = SimpleNamespace(lag=lambda: 0.3)
    began = time.monotonic()
    settle(roster, attempt)
    assert time.monotonic() - began >= 0.3

    attempt.stop()
    roster.lag = lambda: 60.0
    began = time.monotonic()
    settle(roster, attempt)
    assert time.monotonic() - began < 5
