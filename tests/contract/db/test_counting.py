"""Jobs are counted into the totals of metrics: each once, whatever dies, and no total ever falls."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from avio import faults
from avio.aggregator.counting import Counting
from avio.db import counting, ends, folds, orders, retention, totals
from avio.db.models import Job
from avio.db.sql import change, rows
from avio.metrics import declared
from avio.wire.events import ProgressEvent
from avio.wire.progress import Counters, Progress
from avio.wire.timings import Forecast, Timing
from tests.contract.db import given
from tests.contract.db.concurrent import abreast


@pytest.fixture(autouse=True)
def _tables(db: str) -> None:
    given.user()
    given.node()


def count(*mounts: str) -> None:
    Counting(mounts or ("/data",)).count()


def value(metric: declared.Metric, part: str = "", **labels: str) -> float:
    place = totals.Place(metric.name, tuple(sorted(labels.items())), part)
    return dict(totals.all_totals()).get(place, 0.0)


def progress(job: str, seq: int = 1, **counters: int) -> None:
    folds.fold([ProgressEvent(job, 1, seq, Progress("transferring", counters=Counters(**counters)))], [])


def moved(job: str, files: int, size: int, **counters: int) -> None:
    """End the first attempt of a job."""
    result = given.result(job)
    told = Counters(files_total=files, files_done=files, bytes_done=size, bytes_wire=size, **counters)
    assert ends.finish(replace(result, progress=Progress(total_complete=True, counters=told)), "succeeded")


def test_a_job_that_ends_is_counted_once() -> None:
    job = given.running()
    moved(job, 5, 500, files_skipped=2, bytes_skipped=200, files_repaired=1, files_left_out=4)

    for _ in range(3):
        count()

    assert value(declared.ENDED, state="succeeded", type="preload") == 1
    assert value(declared.FILES, type="preload", outcome="done") == 3
    assert value(declared.FILES, type="preload", outcome="skipped") == 2
    assert value(declared.FILES, type="preload", outcome="left_out") == 4
    assert value(declared.BYTES, direction="to_cache", mount="/data") == 300
    assert value(declared.WIRE) == 500
    assert value(declared.REPAIRED, reason="other_bytes") == 1
    assert value(declared.ATTEMPTS, outcome="succeeded") == 1
    assert sum(value(declared.DURATION, part, type="preload", state="succeeded") for part in buckets()) == 1
    assert sum(value(declared.WAITED, part, type="preload") for part in buckets()) == 1
    assert rows("SELECT 1 FROM counted UNION ALL SELECT 1 FROM uncounted") == []


def buckets() -> list[str]:
    return declared.DURATION.parts()


def test_what_a_job_brings_counts_while_it_runs_and_not_again_at_its_end() -> None:
    job = given.running()
    progress(job, 1, files_done=2, bytes_done=20, bytes_wire=30)
    count()
    assert (value(declared.BYTES, direction="to_cache", mount="/data"), value(declared.WIRE)) == (20, 30)

    progress(job, 2, files_done=3, bytes_done=30, bytes_wire=45)
    count()
    assert value(declared.FILES, type="preload", outcome="done") == 3
    assert value(declared.ENDED, state="succeeded", type="preload") == 0

    moved(job, 5, 50)
    count()
    assert value(declared.BYTES, direction="to_cache", mount="/data") == 50
    assert value(declared.FILES, type="preload", outcome="done") == 5
    assert value(declared.WIRE) == 50


def test_a_counter_of_a_job_that_falls_at_its_end_takes_nothing_back() -> None:
    job = given.running()
    progress(job, 1, files_done=9, bytes_done=90, bytes_wire=90)
    count()

    moved(job, 4, 40)
    count()

    assert value(declared.BYTES, direction="to_cache", mount="/data") == 90
    assert value(declared.FILES, type="preload", outcome="done") == 9


def test_an_attempt_that_is_given_back_counts_and_the_next_one_goes_on_from_it() -> None:
    job = given.running()
    progress(job, 1, files_done=2, bytes_done=20, bytes_wire=20)
    count()
    assert ends.give_back(job, 1, ends.Cause.CRASHED, "killed") == "queued"
    count()
    given.claim(job)
    count()

    assert value(declared.ATTEMPTS, outcome="crashed") == 1
    assert value(declared.BYTES, direction="to_cache", mount="/data") == 20
    assert sum(value(declared.WAITED, part, type="preload") for part in buckets()) == 1


def test_a_job_that_is_cancelled_in_the_queue_has_ended_and_has_no_times() -> None:
    assert orders.cancel(given.job(), "")
    count()

    assert value(declared.ENDED, state="cancelled", type="preload") == 1
    assert not [
        place for place, _ in totals.all_totals() if place.metric in (declared.DURATION.name, declared.WAITED.name)
    ]


def test_a_count_that_breaks_off_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    moved(given.running(), 5, 50)
    monkeypatch.setattr("avio.aggregator.counting.fault", _break_off)
    with pytest.raises(faults.InjectedFault):
        count()
    assert totals.all_totals() == []

    monkeypatch.undo()
    count()
    assert value(declared.ENDED, state="succeeded", type="preload") == 1


def _break_off(_: str) -> None:
    raise faults.InjectedFault("here")


def test_several_aggregators_at_once_count_each_job_once() -> None:
    for _ in range(6):
        moved(given.running(), 1, 10)

    abreast(4, lambda _: count())
    count()

    assert value(declared.ENDED, state="succeeded", type="preload") == 6
    assert value(declared.BYTES, direction="to_cache", mount="/data") == 60


def test_no_more_than_a_batch_is_counted_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.aggregator.counting.BATCH", 2)
    for _ in range(3):
        moved(given.running(), 1, 10)
    count()
    assert value(declared.ENDED, state="succeeded", type="preload") == 2
    count()
    assert value(declared.ENDED, state="succeeded", type="preload") == 3


def test_totals_outlive_the_jobs_that_retention_deletes() -> None:
    job = given.running()
    moved(job, 1, 10)
    change("UPDATE jobs SET released_at = 1")
    count()

    assert retention.delete_jobs([job]) == 1
    count()

    assert value(declared.ENDED, state="succeeded", type="preload") == 1


def test_a_job_that_is_not_counted_may_be_deleted() -> None:
    job = given.running()
    count()
    moved(job, 1, 10)
    change("DELETE FROM attempts")
    assert Job.delete().where(Job.id == job).execute() == 1
    assert counting.ended(10) == []


def test_no_retention_and_no_count_makes_a_total_fall() -> None:
    totals.add({totals.Place("m"): 5.0})
    totals.add({totals.Place("m"): -3.0, totals.Place("n"): 0.0})

    assert totals.all_totals() == [(totals.Place("m"), 5.0)]


def test_the_error_of_an_estimate_is_a_share_of_the_time_that_the_rest_took() -> None:
    job = given.running()
    forecasts = [Forecast(25, 30_000, 50_000, 20_000), Forecast(50, 1, 1, 20_000)]
    timing = Timing(1, 1, 4000, forecasts=forecasts)
    assert ends.finish(given.result(job, timing=timing), "succeeded")
    count()

    assert value(declared.ETA_ERROR, "0.5", type="preload") == 1
    assert value(declared.ETA_ERROR, "sum", type="preload") == 0.5


def test_a_job_counts_at_the_nearest_mount_above_its_path() -> None:
    for path in ("/data/deep/x", "/data/x", "/elsewhere", None):
        job = given.running()
        given.set_row(job, path=path)
        moved(job, 1, 10)
    count("/data", "/data/deep")

    found = Counter(
        {
            dict(place.labels)["mount"]: amount
            for place, amount in totals.all_totals()
            if place.metric == declared.BYTES.name
        }
    )
    assert found == {"/data/deep": 10, "/data": 10, "several": 20}


def test_the_wait_of_a_job_counts_from_when_it_was_due() -> None:
    job = given.job()
    change("UPDATE jobs SET created_at = created_at - 1000, run_at = run_at - 10 WHERE id = ?", job)
    given.claim_due(job)
    count()

    assert value(declared.WAITED, "15.0", type="preload") == 1
    assert json.loads(rows("SELECT counts FROM counted")[0][0])["waited"] is True
