"""Following a job: exit codes by its end, what is shown, streams that break, waits that end, Ctrl-C."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from avio.client import job_follow
from avio.client.shapes import JobInfo
from avio.commands.progress_display import frame
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_info, progress_info
from tests.unit.commands.stub import BREAK, Stub, problem, sse

pytestmark = pytest.mark.usefixtures("logged_in")

EVENTS = f"/jobs/{JOB}/events"
FAILURES = [
    {"reason": "ACCESS_DENIED", "count": 3, "retryable": False, "hint": "check the key", "samples": ["/data/x"]}
]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (job_info("succeeded"), 0),
        (job_info("failed", reason="INTERNAL"), 1),
        (job_info("partial"), 3),
        (job_info("failed", reason="ENGINE_AWAY"), 5),
        (job_info("failed", reason="PATH_NOT_FOUND"), 6),
        (job_info("failed", reason="ACCESS_DENIED"), 7),
        (job_info("cancelled"), 8),
        (job_info("failed", reason="CACHE_FULL"), 10),
        (job_info("failed", reason="NOTHING_MATCHED"), 11),
    ],
)
def test_the_end_of_the_job_is_the_exit_code(avio: Avio, stub: Stub, end: dict[str, Any], code: int) -> None:
    stub.on("GET", EVENTS, sse(("snapshot", end), ("end", end)))

    avio(f"watch {JOB}", code)


def test_what_other_jobs_have_moved_is_told_with_the_end(avio: Avio, stub: Stub) -> None:
    shared = {"files": 2, "bytes": 1 << 21}
    end = job_info("succeeded", progress={**progress_info(3, 3), "shared": shared})
    stub.on("GET", EVENTS, sse(("snapshot", end), ("end", end)))

    assert "succeeded: 3 files, 3.0 MiB, 2 of them moved by other jobs" in avio(f"watch {JOB}", 0).stderr
    assert "3/4 files · 0 already in place · 2 moved by other jobs · 3 failed" in [
        line.text for line in frame(cast(JobInfo, end))
    ]


def test_a_job_that_did_not_go_well_is_told_in_three_lines(avio: Avio, stub: Stub) -> None:
    end = job_info("partial", errors=FAILURES, progress=progress_info(1, 3), message="3 files failed")
    stub.on("GET", EVENTS, sse(("end", end)))

    assert avio(f"watch {JOB}", 3).stderr.splitlines() == [
        "partial: preload of /data: 3 files failed",
        "why:     1 file, 1.0 MiB done, 3 failed; ACCESS_DENIED for 3, e.g. /data/x (check the key)",
        f"try:     avio report {JOB} --failed; then avio retry {JOB} --failed",
    ]


def test_conflicts_are_in_the_report_and_no_retry_ends_them(avio: Avio, stub: Stub) -> None:
    group = {"reason": "BOTH_CHANGED", "count": 1, "retryable": False, "hint": "compare both", "samples": ["/data/b"]}
    stub.on("GET", EVENTS, sse(("end", job_info("partial", reason="BOTH_CHANGED", errors=[group]))))

    assert avio(f"watch {JOB}", 3).stderr.splitlines()[-1] == f"try:     avio report {JOB} --failed"


def test_off_a_terminal_there_is_a_line_for_each_state_and_phase(avio: Avio, stub: Stub) -> None:
    moving = {"phase": "transferring", "progress": progress_info(2), "errors": []}
    stub.on(
        "GET",
        EVENTS,
        sse(
            ("snapshot", job_info("queued", phase=None, progress=progress_info(0, total=0, complete=False))),
            b": ping\n\n",
            ("state", job_info(phase="listing", progress=progress_info(1, complete=False))),
            ("progress", moving),
            ("progress", moving),
            ("end", job_info("succeeded")),
        ),
    )

    lines = [line.split("  ") for line in avio(f"watch {JOB}").stdout.splitlines()]

    assert [line[1:] for line in lines] == [
        [],
        ["listing", "1/≥4 files", "1.0 MiB of ≥ 4.0 MiB (still listing)", "1.0 MiB/s", "ETA not yet: still listing"],
        ["transferring", "50%", "2/4 files", "2.0 MiB/4.0 MiB", "1.0 MiB/s", "ETA not yet"],
        ["100%", "4/4 files", "4.0 MiB/4.0 MiB", "4s"],
    ]


@pytest.mark.parametrize(
    ("job", "shown"),
    [
        (job_info(), ["50%  2.0 MiB/4.0 MiB  1.0 MiB/s  ETA not yet", "2/4 files", "/data  running"]),
        (
            job_info(phase="listing", progress=progress_info(1, complete=False)),
            ["1.0 MiB of ≥ 4.0 MiB (still listing)", "ETA not yet: still listing"],
        ),
        (job_info(errors=FAILURES), ["! ACCESS_DENIED for 3"]),
    ],
)
def test_the_bar_tells_bytes_files_speed_and_what_is_not_known_yet(
    avio: Avio, stub: Stub, job: dict[str, Any], shown: list[str]
) -> None:
    stub.on("GET", EVENTS, sse(("snapshot", job)))
    stub.on("GET", f"/jobs/{JOB}", problem(404, "NOT_FOUND", "gone"))

    bar = avio(f"watch {JOB} --progress bar", 6).stdout

    assert [text for text in shown if text not in bar] == []


@pytest.mark.parametrize(
    ("p50", "p90", "shown"),
    [
        (4.4 * 60, 7.4 * 60, "ETA ~4 min (up to 7)"),
        (44.0, 89.0, "ETA ~45 s (up to 90)"),
        (3.2 * 3600, 3.3 * 3600, "ETA ~3 h"),
        (86400 * 2.4, 86400 * 30.2, "ETA ~2 days (up to 30)"),
        (-1.0, 60.0, "ETA not yet"),
    ],
)
def test_an_estimate_is_told_in_the_unit_that_suits_it(p50: float, p90: float, shown: str) -> None:
    now = datetime.now(UTC)
    eta = {name: (now + timedelta(seconds=seconds)).isoformat() for name, seconds in (("p50", p50), ("p90", p90))}

    assert frame(cast(JobInfo, job_info(eta=eta)))[1].text.endswith(shown)


def test_what_has_come_of_a_file_that_is_not_done_moves_the_bar() -> None:
    figures = {**progress_info(0, total=1), "inFlight": 1, "bytesInFlight": 1 << 19, "percent": 50.0}

    bar = frame(cast(JobInfo, job_info(progress=figures)))[1].text

    assert bar.startswith("━" * 15 + "─" * 15 + "  50%  512 KiB/1.0 MiB")


@pytest.mark.parametrize(
    ("reason", "what", "said"),
    [
        ("STORE_UNAVAILABLE", "s3://b/f: no connection", "the store s3://b/f is unavailable since TIME: no connection"),
        ("STORE_UNAVAILABLE", "no worker answers", "the store is unavailable since TIME: no worker answers"),
        ("STORE_UNAVAILABLE", None, "the store is unavailable since TIME"),
        ("STORE_SILENT", None, "no byte since TIME"),
        ("TIER_FULL", "58 MiB are needed", "the cache is full since TIME: 58 MiB are needed"),
        ("OTHER_JOB", "01JOB", "job 01JOB moves its files since TIME"),
        ("OTHER_JOB", None, "job ? moves its files since TIME"),
        ("MOON_FULL", "the moon", "MOON_FULL since TIME: the moon"),
    ],
)
def test_what_a_running_job_waits_for_stands_below_the_bar_and_in_lines(
    avio: Avio, stub: Stub, reason: str, what: str | None, said: str
) -> None:
    since = datetime(2026, 5, 2, 11, 40, 5).astimezone()
    waiting = {"reason": reason, "for": what, "since": since.isoformat(), "position": None}
    words = f"waits: {said.replace('TIME', '11:40:05')}"
    job = job_info(waiting=waiting)
    stub.on(
        "GET", EVENTS, sse(("snapshot", job_info()), ("state", job), ("state", job), ("end", job_info("succeeded")))
    )

    assert words in [line.text for line in frame(cast(JobInfo, job))]
    assert avio(f"watch {JOB} --progress lines", 0).stdout.count(words) == 1
    assert words not in [line.text for line in frame(cast(JobInfo, job_info("queued", waiting=waiting)))]


def test_without_news_the_bar_shows_no_speed_and_says_why(avio: Avio, stub: Stub, pauses: list[float]) -> None:
    away = problem(503, "UNAVAILABLE", "the database does not answer", retry_after=99)
    stub.on("GET", EVENTS, sse(("snapshot", job_info()), BREAK))
    stub.on("GET", f"/jobs/{JOB}", away, problem(404, "NOT_FOUND", "gone"))

    bar = avio(f"watch {JOB} --progress bar", 6).stdout

    assert "?/s  ETA ?" in bar
    assert "trying again: the database does not answer" in bar


def test_lines_tell_once_that_there_are_no_news(avio: Avio, stub: Stub, pauses: list[float]) -> None:
    away = problem(503, "UNAVAILABLE", "the database does not answer", retry_after=99)
    stub.on("GET", EVENTS, sse(("snapshot", job_info()), BREAK))
    stub.on("GET", f"/jobs/{JOB}", away, away, job_info("succeeded"))

    assert avio(f"watch {JOB}").stdout.count("trying again: the database does not answer") == 1


@pytest.mark.parametrize("how", ["bar", "lines"])
def test_a_job_that_waits_says_for_what(avio: Avio, stub: Stub, how: str) -> None:
    queued = job_info("queued", phase=None, message="waits: no worker node is alive", version=1)
    stub.on("GET", EVENTS, sse(("snapshot", queued), BREAK))
    stub.on("GET", f"/jobs/{JOB}", problem(404, "NOT_FOUND", "gone"))
    stub.on("POST", "/preload", queued)

    assert "waits: no worker node is alive" in avio(f"watch {JOB} --progress {how}", 6).stdout
    assert "waits: no worker node is alive; follow with" in avio("preload /data").stderr


def test_json_is_a_line_for_every_change(avio: Avio, stub: Stub) -> None:
    moving = {"phase": "verifying", "progress": progress_info(3), "errors": []}
    stub.on("GET", EVENTS, sse(("snapshot", job_info()), ("progress", moving), ("end", job_info("succeeded"))))

    lines = [json.loads(line) for line in avio(f"watch {JOB} --json").stdout.splitlines()]

    assert lines == [job_info(), {**job_info(), **moving}, job_info("succeeded")]


@pytest.mark.parametrize(
    "broken",
    [
        sse(("snapshot", job_info()), BREAK),
        sse(("snapshot", job_info())),
        sse(("snapshot", job_info()), b"data: half"),
        sse(("snapshot", job_info()), b"event: end\ndata: {\n\n"),
        problem(429, "TOO_MANY", "there are too many listeners"),
        problem(503, "UNAVAILABLE", "the server is going down", retry_after=99),
    ],
    ids=["dropped", "closed", "half", "garbled", "refused", "away"],
)
def test_long_polls_take_over_where_the_stream_breaks(avio: Avio, stub: Stub, broken: Any) -> None:
    stub.on("GET", EVENTS, broken)
    stub.on("GET", f"/jobs/{JOB}", job_info(version=6), job_info("succeeded"))

    avio(f"watch {JOB}")

    polls = [request.query for request in stub.asked("GET", f"/jobs/{JOB}")]
    assert len(stub.asked("GET", EVENTS)) == 1
    assert polls[0] in ({"wait": ["30"], "ifVersion": ["5"]}, {})
    assert polls[1] == {"wait": ["30"], "ifVersion": ["6"]}


def test_where_no_more_listeners_are_let_in_the_job_is_looked_at_now_and_then(
    avio: Avio, stub: Stub, pauses: list[float]
) -> None:
    full = problem(429, "TOO_MANY", "there are too many listeners")
    stub.on("GET", EVENTS, full)
    stub.on("GET", f"/jobs/{JOB}", job_info(), full, job_info(), job_info("succeeded"))

    avio(f"watch {JOB}")

    assert ["wait" in request.query for request in stub.asked("GET", f"/jobs/{JOB}")] == [False, True, False, False]
    assert pauses == [job_follow.PAUSE_SECONDS, job_follow.PAUSE_SECONDS]


def test_a_server_that_restarts_does_not_end_the_wait(avio: Avio, stub: Stub, pauses: list[float]) -> None:
    away = problem(503, "UNAVAILABLE", "the database does not answer", retry_after=99)
    stub.on("GET", EVENTS, sse(("snapshot", job_info()), BREAK))
    stub.on("GET", f"/jobs/{JOB}", away, away, job_info("succeeded"))

    avio(f"watch {JOB}")

    assert len(pauses) == 2


def test_a_token_that_expires_ends_the_wait_with_4(avio: Avio, stub: Stub) -> None:
    stub.on("GET", EVENTS, sse(("snapshot", job_info())))
    stub.on("GET", f"/jobs/{JOB}", problem(401, "NOT_AUTHENTICATED", "the token has expired"))

    avio(f"watch {JOB}", 4)


@pytest.mark.parametrize("command", [f"watch {JOB}", "preload /data --wait"])
def test_a_wait_without_seconds_has_no_end(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    days = itertools.count(0, 86_400)
    clock = SimpleNamespace(monotonic=lambda: float(next(days)), sleep=lambda seconds: None)
    monkeypatch.setattr(job_follow, "time", clock)
    stub.on("POST", "/preload", job_info("queued"))
    stub.on("GET", EVENTS, sse(("snapshot", job_info()), BREAK))
    stub.on("GET", f"/jobs/{JOB}", *[job_info()] * 5, job_info("succeeded"))

    avio(command)


def test_a_wait_that_is_over_leaves_with_9_and_the_job_as_it_is(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/preload", job_info("queued"))
    stub.on("GET", f"/jobs/{JOB}", job_info())

    result = avio("preload /data --wait=1 --json", 9)

    assert json.loads(result.stdout) == job_info()
    assert f"avio watch {JOB}" in result.stderr
    assert stub.requests[2].query["wait"] == ["1"]


def test_a_stream_of_nothing_but_pings_can_not_outlast_the_wait(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_follow, "POLLED_TAIL_SECONDS", 0.999)
    stub.on("GET", EVENTS, sse(*[b": ping\n\n"] * 200_000))
    stub.on("GET", f"/jobs/{JOB}", job_info("succeeded"))

    avio(f"watch {JOB} --wait=1")

    assert len(stub.asked("GET", f"/jobs/{JOB}")) == 1


def test_a_reason_is_told_once_and_a_retry_only_where_it_can_help(avio: Avio, stub: Stub) -> None:
    group = {"reason": "PATH_NOT_FOUND", "count": 9, "retryable": False, "hint": "", "samples": ["/data/x"]}
    full = group | {"reason": "CACHE_FULL"}
    stub.on("GET", EVENTS, sse(("end", job_info("partial", reason="CACHE_FULL", errors=[full]))))
    assert "why:     CACHE_FULL for 9, e.g. /data/x" in avio(f"watch {JOB}", 3).stderr.splitlines()

    progress = progress_info(1, 9)
    end = job_info("failed", reason="TOO_MANY_FAILURES", errors=[group], progress=progress)
    stub.on("GET", EVENTS, sse(("end", end)))
    assert avio(f"watch {JOB}", 1).stderr.splitlines()[-1] == f"try:     avio report {JOB} --failed"

    end = job_info("failed", reason="TOO_MANY_FAILURES", errors=[group, full], progress=progress)
    stub.on("GET", EVENTS, sse(("end", end)))
    assert avio(f"watch {JOB}", 1).stderr.splitlines()[-1].endswith(f"; then avio retry {JOB}")


def test_seconds_without_an_equals_sign_are_named_as_the_mistake(avio: Avio) -> None:
    assert "for a limit write --wait=5" in avio("preload /data --wait 5", 2).stderr
    assert "for a limit write" not in avio("watch @last --wait /other", 2).stderr
    assert "'x' is not a valid number" in avio("preload /data --depth x", 2).stderr
    assert "'x' is not a valid number" in avio("preload /data --wait=x", 2).stderr
