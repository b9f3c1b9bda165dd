"""A sleep that ends early when the attempt must leave."""

import time

from avio.engines.cancel import sleep


def test_a_sleep_that_nothing_ends_takes_its_time() -> None:
    began = time.monotonic()

    assert sleep(0.05, lambda: False)
    assert time.monotonic() - began >= 0.05


def test_a_sleep_ends_soon_after_the_attempt_must_leave() -> None:
    began = time.monotonic()

    assert not sleep(60, lambda: time.monotonic() - began > 0.01)
    assert time.monotonic() - began < 30
