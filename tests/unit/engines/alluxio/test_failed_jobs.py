"""What is learnt of persists that failed: since when, how often, and why."""

from collections.abc import Sequence

import pytest

from avio.engines.alluxio.clients.job_master import JobState, JobStatus
from avio.engines.alluxio.save.failed_jobs import FailedJobs, Failure
from avio.errors import EngineAway


class Jobs:
    """Stands in for a job master with failed jobs: the paths of each, by its id."""

    def __init__(self) -> None:
        self.failed: dict[int, str] = {}
        self.asked: list[int] = []
        self.away = False

    def find(self, name: str, states: Sequence[JobState]) -> list[int]:
        if self.away:
            raise EngineAway("away")
        assert (name, states) == ("Persist", [JobState.FAILED])
        return [*self.failed]

    def status(self, job_id: int) -> JobStatus:
        self.asked.append(job_id)
        return JobStatus(job_id, "Persist", JobState.FAILED, f"reason {job_id}", (self.failed[job_id],))


def failed_jobs(jobs: Jobs) -> FailedJobs:
    return FailedJobs(jobs)  # type: ignore[arg-type]


def test_what_failed_before_is_not_of_this_attempt() -> None:
    jobs = Jobs()
    jobs.failed[1] = "/a"
    made = failed_jobs(jobs)
    made.begin()

    made.look({"/a"})

    assert made.of("/a") == Failure()


def test_each_failure_is_counted_once_and_the_last_reason_is_told() -> None:
    jobs = Jobs()
    made = failed_jobs(jobs)
    for job in (1, 2, 3):
        jobs.failed[job] = "/a"
        made.look({"/a", "/b"})

    assert made.of("/a") == Failure(3, "reason 3")
    assert made.of("/b") == Failure()
    assert jobs.asked == [1, 2, 3]


def test_a_failure_outlives_the_memory_of_the_job_master() -> None:
    jobs = Jobs()
    made = failed_jobs(jobs)
    jobs.failed[1] = "/a"
    made.look({"/a"})
    jobs.failed.clear()
    jobs.failed[2] = "/a"

    made.look({"/a"})

    assert made.of("/a").times == 2
    made.forget("/a")
    assert made.of("/a") == Failure()


def test_while_the_job_master_is_away_nothing_is_learnt_and_nothing_lost() -> None:
    jobs = Jobs()
    made = failed_jobs(jobs)
    jobs.away = True
    with pytest.raises(EngineAway):
        made.begin()
    with pytest.raises(EngineAway):
        made.look({"/a"})
    jobs.away = False
    jobs.failed[1] = "/a"

    made.look({"/a"})

    assert made.of("/a").times == 1
