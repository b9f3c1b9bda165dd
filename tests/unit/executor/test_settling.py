"""A cache whose books are behind: a job believes them only once they have settled, in every round."""

import pytest

from avio.engines.memory import MemoryEngine
from avio.engines.run import Run
from avio.executor import verifier
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, RunJob, figures


class Late:
    """The books of the engine: they still name each file that was dropped since they settled last."""

    def __init__(self, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dropped: set[str] = set()
        self.settled = 0
        self._engine = engine
        monkeypatch.setattr(engine, "settle", self._settle)

    def drop(self, path: str) -> None:
        """Drop a file; the books don't know yet."""
        self.dropped.add(path)

    def _settle(self, run: Run, path: str) -> None:
        self.settled += 1
        self.tell()

    def tell(self) -> None:
        """Make the books true."""
        for path in self.dropped:
            self._engine.cache.pop(path, None)
        self.dropped.clear()


@pytest.fixture
def late(engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> Late:
    return Late(engine, monkeypatch)


def test_a_file_that_the_books_name_though_it_was_dropped_is_loaded_again(
    run_job: RunJob, engine: MemoryEngine, late: Late
) -> None:
    engine.before_move = lambda path: late.drop(FILES[0]) if path == FILES[5] else None

    result = run_job()
    late.tell()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))
    assert set(engine.cache) == set(FILES)


def test_a_job_that_had_nothing_to_do_waits_for_the_books_too(
    run_job: RunJob, engine: MemoryEngine, late: Late
) -> None:
    run_job()
    late.drop(FILES[3])  # by another program, a moment before

    result = run_job()
    late.tell()

    assert result.state == "succeeded"
    assert set(engine.cache) == set(FILES)


def test_a_rival_that_drops_for_ever_makes_the_job_partial(
    run_job: RunJob, late: Late, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "fault", lambda point: late.drop(FILES[0]))

    result = run_job()

    assert (result.state, result.reason, figures(result)) == ("partial", "NOT_THERE", (12, 11, 0, 1))
    assert late.settled == verifier.ROUNDS + 1


def test_a_save_waits_for_no_books(run_job: RunJob, engine: MemoryEngine, late: Late) -> None:
    engine.put_cache("/data/new", b"new")

    assert run_job(JobType.SAVE).state == "succeeded"
    assert late.settled == 0
