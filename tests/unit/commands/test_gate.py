"""`avio wait`: exit codes of a gate, what it says meanwhile, servers that don't answer, large trees, jobs."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from avio.client import job_follow, path_wait
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, entry_info, job_info, wait_info
from tests.unit.commands.stub import Reply, Stub, ndjson, problem, sse

pytestmark = pytest.mark.usefixtures("logged_in", "clock")

NOT_YET = wait_info(False)
TOO_LARGE = problem(413, "TOO_LARGE", "/data has more than 100000 files")
CROWDED = problem(429, "TOO_MANY", "you have too many event streams and long polls", retry_after=5)
AWAY = problem(503, "ENGINE_AWAY", "no answer from mount /data", retry_after=5)


class Clock:
    """Time that passes when somebody sleeps, and a second at each look."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def read(self) -> float:
        self.now += 1.0
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (path_wait, job_follow):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=made.read, time=made.read, sleep=made.sleep))
    monkeypatch.setattr(path_wait.random, "uniform", lambda low, high: low)
    return made


def queries(stub: Stub) -> list[dict[str, list[str]]]:
    return [request.query for request in stub.asked("GET", "/wait")]


def test_a_condition_that_is_met_leaves_with_0_and_asks_for_what_was_typed(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/wait", wait_info())

    done = avio("wait /data/train --until 'cached >= 95% and saved' --timeout 2h --missing wait")

    query = {"alluxioUri": ["/data/train"], "until": ["cached>=95%,saved"], "wait": ["1.0"], "missing": ["wait"]}
    assert queries(stub) == [query]
    assert done.stdout == ""
    assert done.stderr == "/data/train meets cached>=95%,saved: 100% cached, 3.0 KiB of 3.0 KiB, 4 of 4 files\n"


def test_the_default_is_all_of_it_and_json_is_the_last_answer(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/wait", NOT_YET, wait_info())

    done = avio("wait alluxio://h:1/data/train --json")

    assert [query["until"] for query in queries(stub)] == [["cached"], ["cached"]]
    assert "missing" not in queries(stub)[0]
    assert json.loads(done.stdout) == wait_info()
    assert "alluxio://h:1/data/train waits for cached: 50% cached, 1.5 KiB of 3.0 KiB, 2 of 4 files" in done.stderr


def test_how_the_path_stands_is_asked_soon_and_then_waited_for(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/wait", NOT_YET, NOT_YET, wait_info())

    avio("wait /data/train")

    assert [query["wait"] for query in queries(stub)] == [["1.0"], ["30.0"], ["30.0"]]


def test_progress_none_says_the_end_alone(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/wait", NOT_YET, NOT_YET, wait_info())

    assert avio("wait /data/train --progress none").stderr.startswith("/data/train meets cached")


def test_what_is_not_known_is_said_so(avio: Avio, stub: Stub) -> None:
    blind = wait_info(False, entry=None, lookTime=None)
    stub.on("GET", "/wait", blind, {**blind, "lookTime": "2026-05-02T11:40:00.000+08:00"}, wait_info())

    said = avio("wait /data/train --missing wait").stderr.splitlines()

    assert [line.rpartition(": ")[2] for line in said[:2]] == ["not looked at yet", "not there yet"]


def test_a_wait_that_is_over_leaves_with_9(avio: Avio, stub: Stub, clock: Clock) -> None:
    stub.on("GET", "/wait", NOT_YET)

    said = avio("wait /data/train --timeout 40s", 9).stderr

    assert "/data/train did not meet cached within 40 s (WAIT_OVER)" in said
    assert "avio stat PATH" in said
    assert float(queries(stub)[-1]["wait"][0]) < 30


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (problem(404, "PATH_NOT_FOUND", "/data/train is neither in its bucket nor in the cache"), 6),
        (problem(403, "ACCESS_DENIED", "the store refuses the key"), 7),
        (problem(401, "NOT_AUTHENTICATED", "the token has expired"), 4),
        (problem(400, "BAD_REQUEST", "the request is invalid: until"), 2),
        (problem(500, "INTERNAL", "a defect"), 1),
    ],
)
def test_an_error_that_does_not_pass_ends_the_wait(avio: Avio, stub: Stub, reply: Reply, code: int) -> None:
    stub.on("GET", "/wait", reply)

    avio("wait /data/train --timeout 2h", code)


def test_a_store_that_does_not_answer_is_waited_for(avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.commands.session.PATIENCE_SECONDS", 0.0)
    stub.on("GET", "/wait", AWAY, AWAY, wait_info())

    said = avio("wait /data/train").stderr

    assert said.count("no answer, trying again: no answer from mount /data") == 1
    assert "meets cached" in said


def test_without_a_limit_it_gives_up_after_two_minutes_without_an_answer_and_with_one_it_does_not(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avio.commands.session.PATIENCE_SECONDS", 0.0)
    stub.on("GET", "/wait", AWAY)

    assert "no answer from mount /data (ENGINE_AWAY)" in avio("wait /data/train", 5).stderr
    said = avio("wait /data/train --timeout 10m", 9).stderr
    assert "the last answer was: no answer from mount /data (ENGINE_AWAY)" in said
    assert len(stub.requests) > 60


def test_without_a_place_for_a_long_poll_it_polls_without_a_wait(avio: Avio, stub: Stub, clock: Clock) -> None:
    stub.on("GET", "/wait", CROWDED, NOT_YET, CROWDED, wait_info())

    said = avio("wait /data/train").stderr

    assert [query["wait"] for query in queries(stub)] == [["1.0"], ["0.0"], ["30.0"], ["0.0"]]
    assert clock.slept == [5.0, 5.0]
    assert "no answer" not in said


def test_a_tree_that_is_too_large_is_counted_by_stat_jobs_that_waiters_share(
    avio: Avio, stub: Stub, clock: Clock
) -> None:
    half = entry_info("/data", files=9, filesCached=4, size=90, cachedBytes=40)
    end = job_info("succeeded", type=3)
    stub.on("GET", "/wait", TOO_LARGE)
    stub.on("POST", "/jobs", job_info("queued", type=3))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", end)))
    whole = {**half, "filesCached": 9, "cachedBytes": 90}
    stub.on("GET", f"/jobs/{JOB}/result", ndjson(half), ndjson(whole))

    avio("wait /data --until cached")

    first, second = stub.asked("POST", "/jobs")
    assert first.json == {"name": "avio wait", "type": 3, "params": {"alluxioUri": "/data"}}
    keys = [request.headers["idempotency-key"] for request in (first, second)]
    marks, windows = zip(*(key.rsplit("-", 1) for key in keys), strict=True)
    assert len(set(marks)) == 1
    assert int(windows[1]) == int(windows[0]) + 1
    assert len(stub.asked("GET", "/wait")) == 1
    assert 0 < sum(clock.slept) <= path_wait.WINDOW_SECONDS

    stub.requests.clear()
    stub.on("GET", f"/jobs/{JOB}/result", ndjson(whole))
    clock.now = int(windows[1]) * path_wait.WINDOW_SECONDS  # another waiter, in the same window
    avio("wait /data")
    assert stub.asked("POST", "/jobs")[0].headers["idempotency-key"] == keys[1]


@pytest.mark.parametrize(
    ("end", "options", "code"),
    [
        (job_info("failed", type=3, reason="PATH_NOT_FOUND", message="not there"), "", 6),
        (job_info("failed", type=3, reason="PATH_NOT_FOUND", message="not there"), "--missing wait", 9),
        (job_info("failed", type=3, reason="ACCESS_DENIED", message="refused"), "", 7),
        (job_info("failed", type=3, reason="ENGINE_AWAY", message="no answer"), "", 9),
        (job_info("cancelled", type=3), "", 1),
    ],
)
def test_a_stat_job_without_a_result_is_an_error_as_the_server_s_own(
    avio: Avio, stub: Stub, end: dict[str, Any], options: str, code: int
) -> None:
    stub.on("GET", "/wait", TOO_LARGE)
    stub.on("POST", "/jobs", job_info("queued", type=3))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", end)))

    avio(f"wait /data --timeout 30m {options}", code)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("wait /data --until 'cached>=95'", "Invalid value for '--until': '95' has no unit; write it as 95% or 10GiB"),
        ("wait /data --timeout soon", "'soon' is not a duration; write 90s, 30m, 1h30m"),
        ("wait data/train", "'data/train' is neither a path, which begins with /, nor a job"),
        (f"wait {JOB} --until cached", "--until is for a path, which begins with /"),
        (f"wait {JOB} --missing wait", "--missing is for a path"),
    ],
)
def test_wrong_usage_is_said_before_any_call(avio: Avio, stub: Stub, line: str, said: str) -> None:
    assert said in avio(line, 2).stderr
    assert stub.requests == []


@pytest.mark.parametrize(("status", "code"), [("succeeded", 0), ("partial", 3), ("cancelled", 8)])
def test_a_job_is_waited_for_to_its_end(avio: Avio, stub: Stub, status: str, code: int) -> None:
    stub.on("GET", f"/jobs/{JOB}/events", sse(("snapshot", job_info("running")), ("end", job_info(status))))

    done = avio(f"wait {JOB} --timeout 1h", code)

    assert done.stdout == ""
    assert status in done.stderr


def test_a_job_that_does_not_end_in_time_leaves_with_9(avio: Avio, stub: Stub) -> None:
    stub.on("GET", f"/jobs/{JOB}", job_info("running"))

    assert f"job {JOB} did not end within 20 s" in avio(f"wait {JOB} --timeout 20", 9).stderr
