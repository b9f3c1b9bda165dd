"""What an attempt tells, above all when the stream is away."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from avio.engines.base import Entry, EntryState, Moved
from avio.errors import Corrupt, Gone
from avio.executor import reporter as reporter_module
from avio.executor.attempt import Attempt
from avio.executor.reporter import Reporter
from avio.wire.events import Event, FailureEvent, ProgressEvent
from avio.wire.results import MAX_FAILURES, REPORT_NAME, Outcome
from tests.processes import wait_until


def file(path: str, size: int = 10) -> Entry:
    return Entry(path, "file", size, None, EntryState.REMOTE)


class Stream:
    """Takes events, unless it is away."""

    def __init__(self) -> None:
        self.away: Exception | None = None
        self.events: list[Event] = []

    def publish(self, events: list[Event]) -> None:
        if self.away is not None:
            raise self.away
        self.events += events


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Stream:
    made = Stream()
    monkeypatch.setattr(reporter_module, "Events", lambda client, key: made)
    monkeypatch.setattr(reporter_module, "INTERVAL_SECONDS", 0.01)
    return made


@pytest.fixture
def attempt() -> Attempt:
    return Attempt("JOB", 3)


@pytest.fixture
def reporter(stream: Stream, attempt: Attempt, tmp_path: Path) -> Iterator[Reporter]:
    made = Reporter(attempt, tmp_path, "redis://nowhere")
    yield made
    made.close()


def test_progress_is_told_with_rising_numbers_and_a_last_time_at_the_end(
    reporter: Reporter, attempt: Attempt, stream: Stream
) -> None:
    wait_until(lambda: len(stream.events) > 2, 5, "progress was told")
    attempt.listed(10)
    attempt.arrived(10, skipped=True)

    reporter.close()

    told = [event for event in stream.events if isinstance(event, ProgressEvent)]
    assert [event.seq for event in told] == list(range(1, len(told) + 1))
    assert {(event.job, event.attempt) for event in told} == {("JOB", 3)}
    last = told[-1].progress.counters
    assert (last.files_total, last.files_done, last.files_skipped, last.bytes_done) == (1, 1, 1, 10)


SICK = [redis.ConnectionError("away"), redis.OutOfMemoryError("full"), redis.ReadOnlyError("read-only")]


@pytest.mark.parametrize("sickness", SICK, ids=str)
def test_failures_are_kept_while_the_stream_is_away_and_told_in_order_once_it_is_back(
    reporter: Reporter, stream: Stream, sickness: Exception
) -> None:
    stream.away = sickness
    time.sleep(0.05)  # several tries
    for number in range(3):
        reporter.failure(file(f"/{number}"), Gone("gone"))

    stream.away = None
    wait_until(lambda: any(isinstance(event, FailureEvent) for event in stream.events), 5, "failures are told")
    reporter.close()

    failures = [event for event in stream.events if isinstance(event, FailureEvent)]
    assert failures == [FailureEvent("JOB", 3, f"/{number}", "GONE", "gone") for number in range(3)]


def test_no_error_ends_the_telling(
    reporter: Reporter, attempt: Attempt, stream: Stream, caplog: pytest.LogCaptureFixture
) -> None:
    stream.away = ValueError("its own fault")
    wait_until(lambda: "its own fault" in caplog.text, 5, "it failed")
    time.sleep(0.1)
    attempt.listed(10)

    stream.away = None
    stream.events.clear()

    wait_until(lambda: len(stream.events) > 2, 5, "progress is told again")
    assert caplog.text.count("progress was not published") == 1


def test_the_key_signs_the_events_and_leaves_no_file(
    attempt: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []
    monkeypatch.setattr(reporter_module, "Events", lambda client, key: keys.append(key) or Stream())
    (tmp_path / "event.key").write_text("secret")

    Reporter(attempt, tmp_path, "redis://nowhere").close()

    assert keys == ["secret"]
    assert not (tmp_path / "event.key").exists()


def test_a_redis_that_hangs_does_not_hold_up_the_work(attempt: Attempt, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reporter = Reporter(attempt, tmp_path, f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        begun = time.monotonic()
        for number in range(1000):
            reporter.outcome(file(f"/{number}"), Outcome.DONE)
            reporter.failure(file(f"/{number}"), Gone("gone"))
        assert time.monotonic() - begun < 5
        reporter.close()
        assert time.monotonic() - begun < 20

    assert attempt.progress().counters.files_failed == 1000


def test_the_report_has_a_line_a_file(reporter: Reporter, tmp_path: Path) -> None:
    reporter.outcome(file("/ä\n"), Outcome.DONE, tier="MEM", tries=2)
    reporter.failure(file("/b"), Corrupt("bad"), tries=5)
    reporter.close()

    (first,), (second,) = (
        (tmp_path / name).read_text(encoding="utf-8").splitlines() for name in ("report.jsonl", "failed.jsonl")
    )

    assert json.loads(first) == {
        "path": "/ä\n",
        "outcome": "done",
        "bytes": 10,
        "tier": "MEM",
        "reason": None,
        "message": None,
        "tries": 2,
    }
    assert json.loads(second)["reason"] == "CORRUPT"
    assert json.loads(second)["outcome"] == "failed"


def test_failures_beyond_the_bound_are_counted_and_no_longer_named(
    reporter: Reporter, attempt: Attempt, tmp_path: Path
) -> None:
    for number in range(MAX_FAILURES + 5):
        reporter.failure(file(f"/{number}"), ValueError("oh"))
    reporter.close()

    assert len(reporter.failures) == MAX_FAILURES
    assert attempt.progress().counters.files_failed == MAX_FAILURES + 5
    assert len((tmp_path / "failed.jsonl").read_text().splitlines()) == MAX_FAILURES + 5
    (group,) = attempt.progress().errors
    assert (group.reason, group.retryable, group.count) == ("INTERNAL", False, MAX_FAILURES + 5)


def test_a_name_that_is_no_utf8_ends_neither_the_telling_nor_the_report(
    reporter: Reporter, stream: Stream, tmp_path: Path
) -> None:
    reporter.failure(file("/a"), Gone("\udcff is gone"))
    reporter.failure(file("/b"), Gone("gone"))
    reporter.close()

    assert len((tmp_path / "failed.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()) == 2
    assert len([event for event in stream.events if isinstance(event, FailureEvent)]) == 2


def test_files_that_arrive_together_are_told_as_one_by_one(attempt: Attempt, stream: Stream, tmp_path: Path) -> None:
    entries = [file("/a", 1), file("/\udcff", 2), file("/é", 0)]
    lines = []
    for together in (True, False):
        directory = tmp_path / str(together)
        directory.mkdir()
        made = Reporter(attempt, directory, None)
        if together:
            made.all_done([Moved(entry, Outcome.DONE, entry.size or 0, "MEM") for entry in entries[:1]])
            made.all_done([Moved(entry, Outcome.DONE, entry.size or 0, "MEM") for entry in entries[1:]])
        else:
            for entry in entries:
                made.outcome(entry, Outcome.DONE, tier="MEM")
        made.close()
        lines.append((directory / REPORT_NAME).read_text())
    assert lines[0] == lines[1]
    assert lines[0].count("\n") == len(entries)
