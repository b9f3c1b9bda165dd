"""Which of many equal texts go into the log."""

import pytest

from avio import log
from avio.log import AGAIN_SECONDS, LogPace


def test_a_text_is_logged_at_first_and_then_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(log.time, "monotonic", lambda: now)
    pace = LogPace()

    seen = []
    for _ in range(3 * int(AGAIN_SECONDS)):
        now += 1
        seen.append(pace.is_due("redis is unavailable"))
        if pace.is_due("the database is unavailable") != seen[-1]:
            pytest.fail("texts count for each other")

    assert seen.count(True) == 3
    assert seen[0]
