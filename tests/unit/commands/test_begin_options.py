"""`--at` and `--after` of a new job: times that are to come, and jobs by any of their names."""

from datetime import UTC, datetime, timedelta

import pytest

from avio.terminal import quantities
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_detail, job_info
from tests.unit.commands.stub import Reply, Stub

pytestmark = pytest.mark.usefixtures("logged_in")
OTHER = JOB[:-1] + "P"
NOW = datetime(2026, 5, 2, 3, 40, tzinfo=UTC)  # 11:40 in the zone of the tests


class Clock(datetime):
    """A datetime at which it is NOW."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return NOW if tz else NOW.astimezone().replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", "2026-05-02T04:10:00+00:00"),
        ("2d", "2026-05-04T03:40:00+00:00"),
        ("12:00", "2026-05-02T12:00:00+08:00"),
        ("02:00", "2026-05-03T02:00:00+08:00"),
        ("11:40", "2026-05-03T11:40:00+08:00"),
        ("2026-12-02 02:00", "2026-12-02T02:00:00+08:00"),
        ("2026-12-02T02:00:30", "2026-12-02T02:00:30+08:00"),
        ("2026-12-02", "2026-12-02T00:00:00+08:00"),
        ("2026-12-02T02:00:00+01:00", "2026-12-02T02:00:00+01:00"),
    ],
)
def test_a_time_to_come_is_written_as_people_do(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    monkeypatch.setattr(quantities, "datetime", Clock)
    stub.on("POST", "/preload", Reply(job_info("queued"), 202))

    avio(f"preload /data --at '{text}'")

    assert stub.requests[0].json == {"params": {"alluxioUri": "/data"}, "at": expected}


@pytest.mark.parametrize("text", ["25:00", "tomorrow", "2026-02-30", "2", "2026-13-01 02:00", "999999w"])
def test_what_is_not_a_time_to_come_is_wrong_usage(avio: Avio, stub: Stub, text: str) -> None:
    assert "is not a time; write 30m, 12h or 7d for in so long" in avio(f"preload /data --at '{text}'", 2).stderr
    assert stub.requests == []


@pytest.mark.parametrize(
    ("command", "path"), [("preload", "/preload"), ("save", "/save"), ("check --no-wait", "/jobs")]
)
def test_jobs_to_wait_for_are_named_as_everywhere(avio: Avio, stub: Stub, command: str, path: str) -> None:
    stub.on("GET", "/whoami", {"uid": 7})
    stub.on("GET", "/jobs", {"jobs": [job_info(id=OTHER)], "nextPageToken": None})
    stub.on("POST", path, Reply(job_info("queued"), 202))

    avio(f"{command} /data --after {JOB.lower()} --after @last:succeeded")

    (asked,) = stub.asked("POST", path)
    assert asked.json["after"] == [JOB, f"{OTHER}:succeeded"]


@pytest.mark.parametrize("text", [f"{JOB}:failed", f"{JOB}:", f"{JOB}:succeeded:x"])
def test_no_other_condition_than_success_is_known(avio: Avio, stub: Stub, text: str) -> None:
    assert "is not JOB or JOB:succeeded" in avio(f"preload /data --after {text}", 2).stderr
    assert stub.requests == []


def test_a_job_is_shown_with_what_it_was_to_wait_for(avio: Avio, stub: Stub) -> None:
    at = (NOW + timedelta(hours=1)).isoformat()
    found = job_detail(
        "queued", attempts=[], scheduleId=OTHER, at=at, after=[f"{OTHER}:succeeded"], message="waits: its time"
    )
    stub.on("GET", f"/jobs/{JOB}", found)

    said = {
        label: text.strip()
        for label, text in (line.split(":", 1) for line in avio(f"job show {JOB}").stdout.splitlines())
    }

    assert said["Not before"] == "2026-05-02 12:40:00+08:00"
    assert (said["Schedule"], said["After"]) == (OTHER, f"{OTHER}:succeeded")
