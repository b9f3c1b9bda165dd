"""Tries again: what a person reads about it in the log of the job."""

import logging

import pytest

from avio.engines import retry
from avio.engines.base import Entry, EntryState
from avio.engines.retry import with_retries
from avio.errors import EngineAway
from avio.executor.attempt import Attempt


def test_each_further_try_names_path_and_cause_in_its_text(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "ENTRY_BACKOFF_SECONDS", 0.001)
    caplog.set_level(logging.INFO)
    errors = [EngineAway("HTTP 503\nslow down")]

    def work(entry: Entry) -> str:
        if errors:
            raise errors.pop()
        return entry.path

    entry = Entry("/data/f\udcff", "file", 1, None, EntryState.REMOTE)
    assert with_retries(work, entry, Attempt("JOB", 1)) == (entry.path, 2)
    assert caplog.messages == ["another try of /data/f\\xff: ENGINE_AWAY: HTTP 503\\nslow down"]


def test_a_store_that_asks_for_a_pause_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    def sleep(seconds: float, stopping: object) -> bool:
        slept.append(seconds)
        return True

    monkeypatch.setattr(retry, "sleep", sleep)
    busy = EngineAway("HTTP 503")
    busy.pause = 17.0
    errors = [busy, EngineAway("HTTP 503")]

    def work(entry: Entry) -> str:
        if errors:
            raise errors.pop(0)
        return entry.path

    with_retries(work, Entry("/data/f", "file", 1, None, EntryState.REMOTE), Attempt("JOB", 1))

    assert slept[0] == 17.0
    assert slept[1] < 2
