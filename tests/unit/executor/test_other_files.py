"""A preload leaves files to preloads that began before it, and looks at them when these have ended."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from avio.engines.base import Entry, EntryState, Moved, Side
from avio.engines.memory import MemoryEngine
from avio.engines.run import Run
from avio.errors import EngineAway
from avio.executor.attempt import Attempt
from avio.executor.other_files import OtherFiles
from avio.wire.orders import EarlierJob, Order
from avio.wire.params import Params
from avio.wire.progress import Counters
from avio.wire.results import Result
from avio.wire.states import JobType
from tests.processes import wait_until
from tests.unit.executor.conftest import FILES, SIZE, RunJob, report

LIMIT = 10.0  # seconds that a test waits for a job

A, B, DEEP = (
    [path for path in FILES if path.startswith(folder)] for folder in ("/data/a/", "/data/b/", "/data/b/deep/")
)


def earlier(job: str, path: str, **params: object) -> EarlierJob:
    return EarlierJob(job, Params(alluxio_uri=path, **params))  # type: ignore[arg-type]


def entry(path: str, size: int = 10) -> Entry:
    return Entry(path, "file", size, 1000.0, EntryState.REMOTE)


class Job:
    """A preload of /data beside earlier jobs, in a thread."""

    def __init__(self, run_job: RunJob, *others: EarlierJob) -> None:
        self.attempt = Attempt("JOB", 1, threads=2)
        self.attempt.taken.others = OtherFiles(others)
        self._result: list[Result] = []
        self._thread = threading.Thread(target=lambda: self._result.append(run_job(attempt=self.attempt)), daemon=True)
        self._thread.start()

    def await_wait(self) -> str:
        """Return the job that it waits for, once it does."""
        for _ in range(int(LIMIT / 0.005)):
            if (told := self.attempt.waiting.told()) is not None and told.why == "OTHER_JOB":
                return told.what
            self._thread.join(0.005)
        raise AssertionError("it does not wait")

    def join(self) -> Result:
        self._thread.join(LIMIT)
        return self._result[0]

    @property
    def counters(self) -> Counters:
        return self.attempt.progress().counters


@pytest.fixture
def moved(engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that the engine was told to move, in their order."""
    preload, paths = engine.preload, []

    def noting(entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        for each in preload(entries, params, run):
            paths.append(each.entry.path)
            yield each

    monkeypatch.setattr(engine, "preload", noting)
    return paths


def bring(engine: MemoryEngine, *paths: str) -> None:
    """Load files as another job does."""
    other = Attempt("OTHER", 1, threads=1)
    entries = [each for each in engine.walk("/data", depth=None, side=Side.BUCKET) if each.path in paths]
    assert len(list(MemoryEngine.preload(engine, entries, Params(alluxio_uri="/data"), other))) == len(paths)


def test_own_files_come_first_and_those_of_an_earlier_job_are_shared_when_it_has_ended(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, moved: list[str]
) -> None:
    job = Job(run_job, earlier("01FIRST", "/data/a"))
    assert job.await_wait() == "01FIRST"
    assert sorted(moved) == sorted(set(FILES) - set(A))
    assert (job.counters.files_done, job.attempt.under_way()) == (len(FILES) - len(A), 0)
    bring(engine, *A)
    job.attempt.taken.others.keep([])
    result = job.join()

    found = result.progress.counters
    assert (result.state, found.files_done, found.files_shared, found.bytes_shared) == (
        "succeeded",
        len(FILES),
        len(A),
        len(A) * SIZE,
    )
    assert not set(moved) & set(A)
    assert {path for path, outcome in report(tmp_path).items() if outcome == "shared"} == set(A)


def test_what_an_earlier_job_has_left_is_moved(run_job: RunJob, engine: MemoryEngine, moved: list[str]) -> None:
    job = Job(run_job, earlier("01FIRST", "/data"))
    job.await_wait()
    assert moved == []
    bring(engine, FILES[0])
    job.attempt.taken.others.keep([])
    result = job.join()

    assert (result.state, result.progress.counters.files_shared) == ("succeeded", 1)
    assert sorted(moved) == sorted(FILES[1:])


def test_of_two_earlier_jobs_the_second_takes_over_what_the_first_has_left(
    run_job: RunJob, engine: MemoryEngine, moved: list[str]
) -> None:
    job = Job(run_job, earlier("01FIRST", "/data/a"), earlier("02SECOND", "/data/a"))
    assert job.await_wait() == "01FIRST"
    bring(engine, A[0])
    job.attempt.taken.others.keep(["02SECOND"])
    wait_until(lambda: job.await_wait() == "02SECOND", LIMIT, "it waits for the second one")
    assert job.counters.files_shared == 1, "what is in place waits for nobody"
    bring(engine, *A[1:])
    job.attempt.taken.others.keep([])

    assert job.join().progress.counters.files_shared == len(A)
    assert not set(moved) & set(A)


def test_a_file_that_vanished_at_the_check_is_awaited_or_moved_too(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, moved: list[str]
) -> None:
    bring(engine, *A)
    moved.clear()
    recheck, lost = engine.recheck, [*A[:2]]

    def loses(*arguments: object, **options: object) -> Iterator[Entry]:
        while lost:
            del engine.cache[lost.pop()]
        return recheck(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "recheck", loses)
    job = Job(run_job, earlier("01FIRST", "/data/a"))
    assert job.await_wait() == "01FIRST"
    bring(engine, A[0])
    job.attempt.taken.others.keep([])
    result = job.join()

    assert (result.state, result.progress.counters.files_done, result.failures) == ("succeeded", len(FILES), [])
    assert A[1] in moved


def test_a_job_that_waits_ends_when_it_is_cancelled(run_job: RunJob) -> None:
    job = Job(run_job, earlier("01FIRST", "/data/a"))
    job.await_wait()
    job.attempt.stop()
    assert job.join().state == "stopped"


def test_a_job_that_waits_has_not_stalled(run_job: RunJob) -> None:
    job = Job(run_job, earlier("01FIRST", "/data/a"))
    job.await_wait()
    before = job.attempt.steps
    for _ in range(2000):
        if job.attempt.steps > before:
            break
        threading.Event().wait(0.001)
    assert job.attempt.steps > before
    job.attempt.stop()
    job.join()


def test_a_store_that_is_away_when_the_others_have_ended_is_waited_for(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    recheck, errors = engine.recheck, [EngineAway("503")]

    def breaks(*arguments: object, **options: object) -> Iterator[Entry]:
        if errors:
            raise errors.pop()
        return recheck(*arguments, **options)  # type: ignore[arg-type]

    job = Job(run_job, earlier("01FIRST", "/data/a"))
    job.await_wait()
    monkeypatch.setattr(engine, "recheck", breaks)
    job.attempt.taken.others.keep([])
    result = job.join()

    assert (result.state, result.progress.counters.files_done, errors) == ("succeeded", len(FILES), [])


@pytest.mark.parametrize(
    ("params", "path", "theirs"),
    [
        ({"alluxio_uri": "/data/a"}, "/data/a/1", True),
        ({"alluxio_uri": "/data/a"}, "/data/a", True),
        ({"alluxio_uri": "/"}, "/data/a/1", True),
        ({"alluxio_uri": "/data/a"}, "/data/ab", False),
        ({"alluxio_uri": "/data/a"}, "/data", False),
        ({"alluxio_uri": "/data", "depth": 1}, "/data/1", True),
        ({"alluxio_uri": "/data", "depth": 1}, "/data/a/1", False),
        ({"paths": ("/x", "/data/a")}, "/data/a/1", True),
        ({"alluxio_uri": "/data", "filters": ("- *.tmp",)}, "/data/a/1.tmp", False),
        ({"alluxio_uri": "/data", "filters": ("- *.tmp",)}, "/data/a/1", True),
        ({"alluxio_uri": "/data", "min_size": 11}, "/data/a/1", False),
        ({"from_file_list": True, "file_list_path": "/data/list"}, "/data/a/1", False),
    ],
    ids=str,
)
def test_which_files_another_job_loads_follows_from_its_order(
    params: dict[str, object], path: str, theirs: bool
) -> None:
    others = OtherFiles([EarlierJob("01OTHER", Params(**params))])  # type: ignore[arg-type]
    assert (others.job_of(entry(path)) == "01OTHER") is theirs


def test_earlier_jobs_are_part_of_an_order() -> None:
    order = Order("JOB", 1, JobType.PRELOAD, Params(), earlier=(earlier("01FIRST", "/data", filters=("- *.tmp",)),))
    assert Order.from_json(order.to_json()) == order
