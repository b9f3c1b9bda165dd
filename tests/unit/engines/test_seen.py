"""Statuses that a walk has seen: given out once, while they are fresh, and no more of them than fit."""

import pytest

from avio.engines.alluxio import seen
from avio.engines.alluxio.seen import Seen
from avio.engines.alluxio.status import Persistence, Status


def status(path: str) -> Status:
    return Status(path, False, 0, True, Persistence.PERSISTED, False, 1, "", 1, (), 100, 0, "", False)


def test_a_status_is_given_out_once() -> None:
    kept = Seen()
    kept.put(status("/a"))

    assert kept.take("/a") == status("/a")
    assert kept.take("/a") is None


def test_a_status_that_is_not_fresh_any_more_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "FRESH", 0.0)
    kept = Seen()
    kept.put(status("/a"))

    assert kept.take("/a") is None


def test_the_oldest_go_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "MOST", 2)
    kept = Seen()
    for path in ("/a", "/b", "/c"):
        kept.put(status(path))

    assert [kept.take(path) is not None for path in ("/a", "/b", "/c")] == [False, True, True]
