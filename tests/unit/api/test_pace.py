"""When a job ends, as a reply tells it."""

from datetime import UTC
from typing import Any

import pytest

from avio import clock
from avio.api.pace import pace_of_event, pace_of_job
from avio.api.progress_responses import ProgressEventInfo
from avio.api.serializers import progress_event
from avio.rules.types import Job
from avio.wire.events import ProgressEvent
from avio.wire.progress import Progress
from avio.wire.timings import Eta, PhaseTime


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1000.0)


def pace(**columns: Any) -> dict[str, Any]:
    job = Job(
        **{"state": "running", "created_at": 100.0, "started_at": 160.0, "eta_p50": 1060.0, "eta_p90": 1120.0} | columns
    )
    return pace_of_job(job, UTC)


def test_a_running_job_tells_its_end_in_the_form_of_all_times() -> None:
    assert pace()["eta"] == {"p50": "1970-01-01T00:17:40.000+00:00", "p90": "1970-01-01T00:18:40.000+00:00"}


@pytest.mark.parametrize(
    "columns",
    [{"eta_p50": None}, {"eta_p50": 999.0}, {"eta_p90": 1e18}, *({"state": each} for each in ("stopping", "queued"))],
    ids=str,
)
def test_without_an_end_to_tell_there_is_none(columns: dict[str, Any]) -> None:
    assert pace(**columns)["eta"] is None


def test_the_wait_is_told_once_it_is_over() -> None:
    assert pace()["queueSeconds"] == 60.0
    assert pace(started_at=None)["queueSeconds"] is None
    assert pace(started_at=None, finished_at=130.5)["queueSeconds"] == 30.5
    assert pace(created_at=170.0)["queueSeconds"] == 0.0


def test_phases_have_their_begin_and_seconds() -> None:
    told = [{"phase": "listing", "startTime": "1970-01-01T00:00:01.500+00:00", "seconds": 2.25}]

    assert pace(phases='[{"phase": "listing", "started_ms": 1500, "ms": 2250}]')["phases"] == told
    assert pace()["phases"] == []


def test_an_event_tells_its_end_from_now_on() -> None:
    progress = Progress(eta=Eta(60_000, 120_000), phases=[PhaseTime("listing", 2**62, 1)])

    assert pace_of_event(progress, UTC) == {"eta": pace()["eta"], "phases": []}
    assert pace_of_event(Progress(), UTC) == {"eta": None, "phases": []}


def test_an_event_and_a_job_have_the_shapes_that_are_declared() -> None:
    phases = [PhaseTime("listing", 1500, 2250)]
    event = ProgressEvent("J", 1, 1, Progress(eta=Eta(60_000, 120_000), phases=phases, average_bps=5, in_flight=2))

    told = ProgressEventInfo.model_validate(progress_event(event, UTC))

    assert told.eta is not None
    assert told.phases[0].seconds == 2.25
    assert (told.progress.average_bps, told.progress.in_flight) == (5, 2)  # type: ignore[attr-defined]
