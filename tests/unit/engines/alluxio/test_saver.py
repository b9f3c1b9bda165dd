"""A job service that does not answer a save: asked once for all files, logged at once, and the end of the job."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from avio.engines.alluxio.clients.job_master import JobServiceAway
from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.save.saver import Saver
from avio.errors import EngineAway, EngineError

FILES = [f"/f{number}" for number in range(64)]


class Jobs:
    """Stands in for a job master without workers, or one that does not answer."""

    def __init__(self) -> None:
        self.away: EngineError | None = None
        self.calls = 0

    def find(self, name: str, states: object) -> list[int]:
        self._call()
        return []

    def worker_hosts(self) -> set[str]:
        self._call()
        return set()

    def _call(self) -> None:
        self.calls += 1
        if self.away is not None:
            raise self.away


class Service(Saver):
    """A saver that saves nothing."""

    name = "none"

    def begin(self, path: str) -> Status:
        raise AssertionError

    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        return {}

    def check(self, status: Status) -> EngineError | None:
        return None


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def saver(jobs: Jobs) -> Saver:
    return Service(jobs)  # type: ignore[arg-type]


def test_the_problem_is_looked_up_once_for_all_files(saver: Saver, jobs: Jobs) -> None:
    with ThreadPoolExecutor(8) as pool:
        reasons = [*pool.map(saver.why, FILES)]

    assert set(reasons) == {"no job worker runs, so Alluxio persists nothing"}
    assert jobs.calls == 1

    saver.ask_why(FILES)
    saver.why(FILES[0])
    assert jobs.calls == 3


def test_silence_is_logged_at_its_first_call_and_at_its_end(
    saver: Saver, jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    jobs.away = EngineAway("no answer")

    saver.open()
    assert saver.is_at_work() is None
    saver.ask_why(FILES)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "does not answer" in saver.why(FILES[0])

    jobs.away = None
    assert saver.is_at_work() is False
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_job_service_that_stays_away_ends_the_job(saver: Saver, jobs: Jobs) -> None:
    jobs.away = JobServiceAway("no answer for a minute")

    for ask in (saver.open, saver.is_at_work, lambda: saver.ask_why(FILES)):
        with pytest.raises(JobServiceAway):
            ask()
