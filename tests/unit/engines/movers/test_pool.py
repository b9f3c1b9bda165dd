"""Each row has one outcome, whatever movers do: die, fail, hang, stop. The movers are threads over real sockets."""

import logging
import time
from collections.abc import Iterator

import pytest

from avio.engines.movers import pool
from avio.engines.movers.batches import BATCH_ROWS
from avio.engines.movers.handle import GROW_BYTES
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import Row
from avio.engines.movers.pool import GROW_BATCHES, LEAVE_SECONDS, MoverFailed, MoversDied
from avio.engines.movers.supply import Supply
from avio.errors import AccessDenied, CacheFull
from avio.wire.params import Params
from tests.processes import slowness
from tests.unit.engines.movers.thread_movers import LIMIT, Echo, Fleet, Wire

MANY = [f"file {number}" for number in range(10 * BATCH_ROWS + 7)]
FEW = MANY[:BATCH_ROWS]


def once(found: list[tuple[str, str, bool]]) -> list[str]:
    """Return the texts that have a result; none may have two."""
    texts = [text for text, _, _ in found]
    assert len(texts) == len(set(texts))
    return sorted(texts)


# -- what dies


def die_before(wire: Wire) -> None:
    wire.batch()


def die_between(wire: Wire) -> None:
    number, rows = wire.batch()
    wire.done(number, *range(0, len(rows), 2))


def die_after(wire: Wire) -> None:
    number, rows = wire.batch()
    wire.done(number, *range(len(rows)))


def test_every_row_has_its_own_result() -> None:
    fleet = Fleet()
    found = list(fleet.spread(MANY))
    assert once(found) == sorted(MANY)
    assert all(text == result and not again for text, result, again in found)


@pytest.mark.parametrize("act", [die_before, die_between, die_after])
def test_a_mover_that_dies_leaves_its_rows_to_another(act: object) -> None:
    fleet = Fleet(act)  # type: ignore[arg-type]
    found = list(fleet.spread(MANY))
    assert once(found) == sorted(MANY)
    fleet.pool.close()
    fleet.join()


def test_rows_that_are_done_again_are_marked_and_those_with_a_result_are_not_done_again() -> None:
    fleet = Fleet(die_between)
    found = list(fleet.spread(FEW))
    assert [text for text, _, again in found if not again] == FEW[::2]
    assert sorted(text for text, _, again in found if again) == sorted(FEW[1::2])


def test_a_mover_that_dies_with_nothing_to_do_is_not_missed(caplog: pytest.LogCaptureFixture) -> None:
    fleet = Fleet(*[die_after] * 5)
    for number in range(6):
        assert once(list(fleet.spread([f"{number}"]))) == [f"{number}"]
        fleet.threads[-1].join(LIMIT / 100)


def test_three_deaths_without_a_result_are_too_many() -> None:
    fleet = Fleet(*[die_before] * 3)
    with pytest.raises(MoversDied, match="3 movers died"):
        list(fleet.spread(FEW))
    assert len(fleet.threads) == 3


def test_a_row_that_kills_each_mover_is_met_by_few_of_them_while_others_move_the_rest() -> None:
    class Poisoned(Echo):
        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            if row[0] == MANY[3]:
                raise SystemExit  # as a process that is killed: nothing is sent
            return [row[0]]

    fleet = Fleet(engine=Poisoned(), most=2)
    with pytest.raises(MoversDied):
        list(fleet.spread(MANY * 5))
    assert len(fleet.threads) < 20


def test_deaths_between_results_are_not_too_many() -> None:
    fleet = Fleet(*[die_between] * 6)
    assert once(list(fleet.spread(FEW))) == sorted(FEW)
    assert len(fleet.threads) == 7


def test_a_spawner_that_is_gone_is_the_death_of_the_movers() -> None:
    fleet = Fleet()

    def gone(place: int) -> object:
        raise BrokenPipeError("Broken pipe")

    fleet.pool._start = gone  # type: ignore[assignment]
    with pytest.raises(MoversDied, match="no mover can be started: Broken pipe"):
        list(fleet.spread(FEW))


def test_bytes_of_a_mover_that_died_are_counted() -> None:
    class Dying(Echo):
        dead = False

        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            run.moved(10)
            if not self.dead:
                self.dead = True
                raise SystemExit
            return [row[0]]

    fleet = Fleet(engine=Dying())
    assert once(list(fleet.spread(FEW))) == sorted(FEW)
    assert fleet.run.bytes == 10 * (len(FEW) + 1)


# -- errors


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied("403 of the store", cure="ask for the right s3:GetObject"),
        CacheFull("no room", cure="free some", retry_after=7),
        CacheFull("a path that is not UTF-8: \udcff"),
    ],
)
def test_an_error_that_ends_the_task_is_raised_as_it_was(error: AccessDenied) -> None:
    class Failing(Echo):
        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            raise error

    fleet = Fleet(engine=Failing())
    with pytest.raises(type(error)) as raised:
        list(fleet.spread(MANY))
    assert type(raised.value) is type(error)
    assert (str(raised.value), raised.value.cure, raised.value.retry_after) == (
        str(error),
        error.cure,
        error.retry_after,
    )
    fleet.join()


def test_an_error_that_nobody_knows_has_its_name() -> None:
    class Failing(Echo):
        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            raise ZeroDivisionError("by zero " + "x" * 500_000)

    with pytest.raises(MoverFailed, match="ZeroDivisionError: by zero") as raised:
        list(Fleet(engine=Failing()).spread(FEW))
    assert len(str(raised.value)) < 5000


def test_an_error_of_the_worklist_ends_the_task_and_its_movers() -> None:
    def worklist() -> Iterator[str]:
        yield from MANY[:350]
        raise CacheFull("no room")

    fleet = Fleet()
    with pytest.raises(CacheFull):
        list(fleet.spread(worklist()))
    fleet.pool.close()
    fleet.join()


# -- tasks


def test_a_pool_does_one_task_after_the_other() -> None:
    class Naming(Echo):
        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            return [f"{task} {row[0]}"]

    fleet = Fleet(engine=Naming())
    for task in ("preload", "recheck", "preload"):
        assert {result for _, result, _ in fleet.spread(FEW, task)} == {f"{task} {text}" for text in FEW}
    assert len(fleet.threads) == 1


def test_results_of_a_task_that_was_given_up_do_not_count_for_the_next_one() -> None:
    class Slow(Echo):
        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            time.sleep(0.002)
            return [f"{task} {row[0]}"]

    fleet = Fleet(engine=Slow())
    first = fleet.spread(MANY, "first")
    next(first)
    first.close()  # type: ignore[attr-defined]
    found = list(fleet.spread(FEW, "second"))
    assert once(found) == sorted(FEW)
    assert all(result.startswith("second ") for _, result, _ in found)
    fleet.pool.close()
    fleet.join()


def test_results_that_come_while_movers_leave_are_told() -> None:
    def finish_late(wire: Wire) -> None:
        number, rows = wire.batch()
        wire.done(number, 0)
        while wire.read():
            pass
        wire.done(number, *range(1, len(rows)))

    fleet = Fleet(finish_late)
    first = fleet.spread(FEW)
    next(first)
    first.close()  # type: ignore[attr-defined]
    assert [result[0] for _, results in fleet.late for result in results] == list(range(1, len(FEW)))


def test_none_among_the_files_means_that_none_is_there_now() -> None:
    def worklist() -> Iterator[str | None]:
        for number in range(30):
            yield None
            yield f"{number}"
            yield None

    assert once(list(Fleet().spread(worklist()))) == sorted(f"{number}" for number in range(30))


def test_results_come_while_the_worklist_has_nothing() -> None:
    found: list[tuple[str, str, bool]] = []

    def worklist() -> Iterator[str | None]:
        yield "first"
        end = time.monotonic() + 10
        while not found and time.monotonic() < end:
            time.sleep(0.01)
            yield None

    found.extend(Fleet().spread(worklist()))
    assert [text for text, _, _ in found] == ["first"]


# -- how many


def test_the_number_of_movers_grows_with_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "GROW_BATCHES", 2)

    class Slow(Echo):
        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            time.sleep(0.0003)
            return [row[0]]

    fleet = Fleet(engine=Slow(), most=3)
    texts = [f"{number}" for number in range(40 * BATCH_ROWS)]
    assert once(list(fleet.spread(texts))) == sorted(texts)
    assert (len(fleet.threads), fleet.pool.started) == (3, 3)


def test_large_files_are_worth_more_movers_at_once() -> None:
    class Slow(Echo):
        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            time.sleep(0.05)
            return [row[0]]

    fleet = Fleet(engine=Slow(), most=3)
    assert once(list(fleet.spread(MANY[:12], size=GROW_BYTES))) == sorted(MANY[:12])
    assert fleet.pool.started == 3


def test_a_small_job_has_one_mover() -> None:
    fleet = Fleet(most=8)
    list(fleet.spread([f"{number}" for number in range(BATCH_ROWS * (GROW_BATCHES - 1))]))
    assert fleet.pool.started == 1


# -- a stop


def wait_forever(wire: Wire) -> None:
    while wire.read():
        pass
    time.sleep(2 * LEAVE_SECONDS)


def test_a_hung_mover_is_not_waited_for_after_a_stop() -> None:
    fleet = Fleet(wait_forever)
    began = time.monotonic()

    def worklist() -> Iterator[str]:
        yield from FEW
        fleet.page.stop()

    assert list(fleet.spread(worklist())) == []
    assert time.monotonic() - began < 2 * LEAVE_SECONDS * slowness()
    assert fleet.run.beats == 0


def test_movers_leave_at_a_stop_and_are_not_waited_for_any_longer(caplog: pytest.LogCaptureFixture) -> None:
    class Slow(Echo):
        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            time.sleep(0.001)
            return [row[0]]

    fleet = Fleet(engine=Slow())
    found = []
    with caplog.at_level(logging.WARNING):
        for each in fleet.spread(MANY):
            found.append(each)
            fleet.page.stop()
    began = time.monotonic()
    fleet.join()
    assert time.monotonic() - began < LEAVE_SECONDS / 2  # they had ended before
    assert 0 < len(once(found)) < len(MANY)
    assert "died" not in caplog.text


def test_three_movers_that_leave_at_a_stop_have_not_died(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "GROW_BATCHES", 0)
    fleet = Fleet(die_before, die_before, die_before, die_before, most=4)

    def worklist() -> Iterator[str]:
        yield from MANY
        fleet.page.stop()

    fleet.page.stop()
    assert list(fleet.spread(worklist())) == []


def test_a_mover_that_was_stopped_by_a_deadline_which_is_renewed_then_leaves_its_rows_to_another() -> None:
    class Late(Echo):
        def result(self, task: str, row: Row, run: MoverRun) -> Row:
            if row[0] == FEW[50] and fleet.page.deadline == float("inf"):
                fleet.page.deadline = 0.0
            return [row[0]]

        def serve(self, task: str, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
            super().serve(task, supply, outbox, params, run)
            fleet.page.deadline = 1e12

    fleet = Fleet(engine=Late())
    assert once(list(fleet.spread(FEW))) == sorted(FEW)
    assert len(fleet.threads) == 2
