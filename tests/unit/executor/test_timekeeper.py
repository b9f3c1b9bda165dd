"""The pace of an attempt: what its progress tells, and what is kept of it at its end."""

from collections.abc import Callable
from pathlib import Path

import pytest

from avio import clock
from avio.executor.attempt import Attempt
from avio.executor.timekeeper import Timekeeper
from avio.wire.limits import Limits
from avio.wire.progress import Progress
from avio.wire.results import Outcome, Result
from avio.wire.states import JobType, Phase, State
from avio.wire.timings import PhaseTime
from tests.unit.executor.conftest import RunJob

MIB = 1 << 20


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "boottime", made)
    monkeypatch.setattr(clock, "now", made)
    return made


Watch = Callable[[], Progress]


def watching(keeper: Timekeeper, attempt: Attempt) -> Watch:
    """Return what looks at the attempt as the reporter does."""

    def watch() -> Progress:
        progress = attempt.progress()
        keeper.watch(progress)
        return progress

    return watch


def move(attempt: Attempt, time: Clock, watch: Watch, files: int, seconds: int) -> Progress:
    """Move so many files of 1 MiB each second, and return the last progress."""
    for _ in range(2 * seconds):
        time.seconds += 0.5
        for _ in range(files // 2):
            attempt.moved(MIB)
            attempt.arrived(MIB, skipped=False)
        progress = watch()
    return progress


def listed(attempt: Attempt, files: int) -> None:
    for _ in range(files):
        attempt.listed(MIB)
    attempt.listed_all()
    attempt.begin(Phase.TRANSFERRING)


def test_a_preload_tells_speeds_phases_and_its_end(time: Clock) -> None:
    attempt = Attempt("JOB", 1)
    watch = watching(Timekeeper(attempt, JobType.PRELOAD), attempt)
    time.seconds += 2
    listed(attempt, 1000)
    attempt.taken.count = lambda: 7

    progress = move(attempt, time, watch, 20, 10)

    assert (progress.speed_bps, progress.average_bps) == (20 * MIB, 200 * MIB // 12)
    assert progress.in_flight == 7
    assert progress.phases == [PhaseTime("listing", 1_000_000, 2000), PhaseTime("transferring", 1_002_000, 10_000)]
    assert progress.eta is not None
    assert progress.eta.p50_ms == pytest.approx(40_000, rel=0.1)


def test_files_that_were_in_place_or_came_with_another_job_or_stay_are_no_work(time: Clock) -> None:
    attempt = Attempt("JOB", 1)
    watch = watching(Timekeeper(attempt, JobType.PRELOAD), attempt)
    for _ in range(5000):
        attempt.listed(MIB)
        attempt.arrived(MIB, skipped=True)
        attempt.listed(MIB)
        attempt.arrived(MIB, skipped=False)
        attempt.shared(MIB)
    for _ in range(100):
        attempt.listed(MIB)
        attempt.kept(MIB)
    listed(attempt, 1000)

    progress = move(attempt, time, watch, 20, 10)

    assert progress.eta is not None
    assert progress.eta.p50_ms == pytest.approx(40_000, rel=0.1)


def test_what_another_job_brings_meanwhile_teaches_no_speed(time: Clock) -> None:
    attempt = Attempt("JOB", 1)
    watch = watching(Timekeeper(attempt, JobType.PRELOAD), attempt)
    listed(attempt, 1000)

    for _ in range(20):
        for _ in range(10):
            attempt.arrived(MIB, skipped=False)
            attempt.shared(MIB)
        progress = move(attempt, time, watch, 20, 1)

    assert progress.eta is not None
    assert progress.eta.p50_ms == pytest.approx(20_000, rel=0.15)  # 400 files left, its own speed is 20 a second


def test_bytes_of_files_under_way_count_as_moved_and_those_of_earlier_attempts_do_not(time: Clock) -> None:
    attempt = Attempt("JOB", 2, bytes_before=10_000 * MIB)
    watch = watching(Timekeeper(attempt, JobType.PRELOAD), attempt)
    attempt.listed(1000 * MIB)
    attempt.listed_all()
    attempt.begin(Phase.TRANSFERRING)

    for _ in range(20):
        time.seconds += 0.5
        attempt.moved(10 * MIB)
        attempt.advanced(10 * MIB)
        progress = watch()

    assert progress.average_bps == 20 * MIB
    assert progress.eta is not None
    assert progress.eta.p50_ms == pytest.approx(40_000, rel=0.1)


def test_a_check_counts_what_it_has_to_read_after_its_listing(time: Clock) -> None:
    attempt = Attempt("JOB", 1)
    watch = watching(Timekeeper(attempt, JobType.CHECK), attempt)
    for _ in range(9000):
        attempt.listed(MIB)
    for _ in range(8000):
        attempt.compared(Outcome.SAME, MIB)
    assert watch().eta is None
    attempt.listed_all()
    attempt.begin(Phase.VERIFYING)

    for _ in range(20):
        time.seconds += 0.5
        for _ in range(10):
            attempt.compared(Outcome.DIFFERENT, MIB)
        progress = watch()

    assert progress.eta is not None
    assert progress.eta.p50_ms == pytest.approx(40_000, rel=0.1)


@pytest.mark.parametrize("kind", [JobType.LS, JobType.STAT, JobType.FREE])
def test_a_job_that_is_its_own_listing_has_no_estimate_and_leaves_no_timing(time: Clock, kind: JobType) -> None:
    attempt = Attempt("JOB", 1)
    keeper = Timekeeper(attempt, kind)
    listed(attempt, 1000)

    assert move(attempt, time, watching(keeper, attempt), 20, 10).eta is None

    result = Result("JOB", 1, State.SUCCEEDED, progress=attempt.progress())
    keeper.settle(result)
    assert result.timing is None


def test_the_end_keeps_how_long_the_parts_took_and_how_right_the_forecasts_were(time: Clock) -> None:
    attempt = Attempt("JOB", 1)
    keeper = Timekeeper(attempt, JobType.PRELOAD)
    watch = watching(keeper, attempt)
    listed(attempt, 1000)
    watch()
    move(attempt, time, watch, 20, 50)
    attempt.begin(Phase.VERIFYING)
    time.seconds += 4
    result = Result("JOB", 1, State.SUCCEEDED, progress=attempt.progress())

    keeper.settle(result)

    timing = result.timing
    assert timing is not None
    assert (timing.files, timing.bytes, timing.transfer_ms) == (1000, 1000 * MIB, 49_500)
    assert (timing.verified, timing.verify_ms, timing.limited) == (1000, 4000, False)
    assert [(each.percent, each.actual_ms) for each in timing.forecasts] == [(10, 48_500), (25, 40_500), (50, 27_000)]
    assert result.progress.eta is None
    assert [each.phase for each in result.progress.phases] == ["listing", "transferring", "verifying"]


@pytest.mark.parametrize("limits", [Limits(bandwidth=MIB), Limits(concurrency=4)])
def test_a_job_that_was_limited_at_some_time_says_so(time: Clock, limits: Limits) -> None:
    attempt = Attempt("JOB", 1, limits=limits)
    keeper = Timekeeper(attempt, JobType.PRELOAD)
    listed(attempt, 10)
    move(attempt, time, watching(keeper, attempt), 2, 2)
    attempt.limit(Limits())
    result = Result("JOB", 1, State.PARTIAL, progress=attempt.progress())

    keeper.settle(result)

    assert result.timing is not None
    assert result.timing.limited


def test_a_job_that_ran_in_this_process_leaves_its_timing(run_job: RunJob, tmp_path: Path) -> None:
    result = run_job()

    assert result.state == "succeeded"
    assert result.timing is not None
    assert (result.timing.files, result.timing.bytes, result.timing.verified) == (12, 1200, 12)
    assert {"listing", "verifying"} <= {each.phase for each in result.progress.phases}
    assert result.progress.in_flight == 0


def test_a_job_that_failed_or_was_stopped_leaves_none(run_job: RunJob) -> None:
    attempt = Attempt("JOB", 1)
    attempt.stop()

    assert run_job(attempt=attempt).timing is None
    assert run_job(alluxio_uri="/data/nothing").timing is None
