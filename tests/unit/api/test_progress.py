"""The progress of a job as a reply tells it: percent, bytes in flight, and what the job waits for."""

import json
from datetime import UTC
from typing import Any

import pytest

from avio.api.serializers import progress_info
from avio.api.waits import waiting_of_event, waiting_of_job
from avio.rules.types import Job
from avio.wire.progress import Counters, Progress
from avio.wire.waiting import Wait

WAIT = {"why": "STORE_UNAVAILABLE", "what": "s3://b: no connection (to 10.0.0.1 port 9000)", "since_ms": 1500}


def shown(counters: Counters, **members: Any) -> tuple[int, float | None]:
    info = progress_info(counters, **{"complete": True, "speed_bps": 0} | members)
    return info["bytesInFlight"], info["percent"]


def test_bytes_in_flight_count_in_percent_and_never_more_than_is_left() -> None:
    counters = Counters(files_total=4, bytes_total=1000, files_done=1, bytes_done=100, bytes_kept=50, bytes_failed=50)
    assert shown(counters, bytes_in_flight=250) == (250, 40.0)
    assert shown(counters, bytes_in_flight=5000) == (800, 95.0)
    assert shown(counters, bytes_in_flight=250, complete=False) == (250, None)


def test_a_job_has_100_percent_only_at_its_end() -> None:
    done = Counters(files_total=1, bytes_total=1000, files_done=1, bytes_done=1000)
    empty = Counters(files_total=1, files_done=1)
    for counters in (done, empty):
        assert shown(counters) == (0, 99.9)
        assert shown(counters, ended=True) == (0, 100.0)
    assert shown(Counters(files_total=1, bytes_total=1000), bytes_in_flight=1000) == (1000, 99.9)


def test_a_wait_is_told_without_addresses_while_the_job_runs() -> None:
    told = {
        "reason": "STORE_UNAVAILABLE",
        "for": "s3://b: no connection (to (address))",
        "since": "1970-01-01T00:00:01.500+00:00",
        "position": None,
    }
    assert waiting_of_job(Job(state="running", waits=json.dumps(WAIT)), UTC) == told
    assert waiting_of_event(Progress(waiting=Wait(**WAIT)), UTC) == told


@pytest.mark.parametrize(
    "columns",
    [
        {"waits": None},
        {"state": "stopping"},
        {"state": "failed"},
        {"waits": json.dumps(WAIT | {"why": "MOON_FULL"})},
        {"waits": json.dumps(WAIT | {"since_ms": 10**18})},
    ],
    ids=str,
)
def test_other_jobs_wait_for_nothing(columns: dict[str, str | None]) -> None:
    assert waiting_of_job(Job(**{"state": "running", "waits": json.dumps(WAIT)} | columns), UTC) is None


def test_an_event_of_an_older_node_has_neither() -> None:
    older = {name: value for name, value in Progress().to_json().items() if name not in ("bytes_in_flight", "waiting")}
    assert Progress.from_json(older) == Progress()
