"""Statuses that a walk has seen: given out once, while they are fresh, and no more of them than fit."""

import pytest

from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.alluxio.view import status_cache
from avio.engines.alluxio.view.status_cache import StatusCache


def status(path: str) -> Status:
    return Status(path, False, 0, True, Persistence.PERSISTED, False, 1, "", (), 100, 0, "", False)


def test_a_status_is_given_out_once() -> None:
    kept = StatusCache()
    kept.put(status("/a"))

    assert kept.take("/a") == status("/a")
    assert kept.take("/a") is None


def test_a_status_that_is_not_fresh_any_more_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_cache, "FRESH_SECONDS", 0.0)
    kept = StatusCache()
    kept.put(status("/a"))

    assert kept.take("/a") is None


def test_the_oldest_go_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_cache, "MAX_STATUSES", 2)
    kept = StatusCache()
    for path in ("/a", "/b", "/c"):
        kept.put(status(path))

    assert [kept.take(path) is not None for path in ("/a", "/b", "/c")] == [False, True, True]
