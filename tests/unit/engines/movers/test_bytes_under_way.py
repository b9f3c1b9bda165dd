"""What has come of files under way reaches the job from its movers, and is taken back with what a mover leaves."""

import time

from avio.engines.movers.batches import in_batches
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.packets import Row, described, packed
from avio.errors import EngineAway
from avio.wire.params import Params
from tests.unit.engines.movers.thread_movers import Echo, Fleet, Wire

SIZE = 10


class Moving(Echo):
    """Each row is a file of SIZE bytes, of which a half comes first."""

    def result(self, task: str, row: Row, run: MoverRun) -> Row:
        run.advanced(SIZE // 2)
        run.advanced(SIZE - SIZE // 2)
        return [row[0]]


def settled(fleet: Fleet, files: int) -> int:
    """Move so many files. Return the bytes of those with an outcome."""
    done = 0
    batches = in_batches((f"file {number}" for number in range(files)), lambda text: [text])
    for batch, results in fleet.pool.spread("echo", Params(), batches, fleet.run):
        batch.settle(SIZE * len(results))
        done += SIZE * len(results)
    return done


def test_the_job_knows_all_bytes_that_came_in_its_movers() -> None:
    fleet = Fleet(engine=Moving(), most=2)
    assert settled(fleet, 500) == fleet.run.in_flight == 500 * SIZE
    fleet.close()
    assert fleet.run.in_flight == 500 * SIZE, "what has an outcome is not taken back with its mover"


def test_a_mover_that_dies_takes_back_what_it_has_without_an_outcome() -> None:
    shown = []

    def die(wire: Wire) -> None:
        number, _rows = wire.batch()
        run = MoverRun(fleet.page, 0, "x.1", 1)
        run.advanced(SIZE + 7)
        wire.done(number, 0)
        while not fleet.run.in_flight:
            time.sleep(0.001)
        shown.append(fleet.run.in_flight)

    fleet = Fleet(die, engine=Moving())
    assert settled(fleet, 3) == fleet.run.in_flight == 3 * SIZE
    assert shown == [SIZE + 7]


def test_what_is_given_up_is_taken_back() -> None:
    def hold(wire: Wire) -> None:
        number, _ = wire.batch()
        MoverRun(fleet.page, 0, "x.1", 1).advanced(3 * SIZE)
        wire.done(number, 0)
        while not fleet.run.in_flight:
            time.sleep(0.001)
        wire.done(number, 1)
        wire.read()

    fleet = Fleet(hold)
    batches = in_batches(["first", "second", "third"], lambda text: [text])
    spread = fleet.pool.spread("echo", Params(), batches, fleet.run)
    for _ in range(2):
        batch, _ = next(spread)
        batch.settle(SIZE)
    assert fleet.run.in_flight == 3 * SIZE
    spread.close()
    assert fleet.run.in_flight == 2 * SIZE, "the third has no outcome"


def test_what_a_mover_took_back_is_known_when_its_last_result_ends_the_task() -> None:
    def fail(wire: Wire) -> None:
        number, _ = wire.batch()
        run = MoverRun(fleet.page, 0, "x.1", 1)
        run.advanced(SIZE)
        while not fleet.run.in_flight:
            time.sleep(0.001)
        run.advanced(-SIZE)
        wire.done(number, 0)
        wire.read()

    fleet = Fleet(fail)
    spread = fleet.pool.spread("echo", Params(), in_batches(["file"], lambda text: [text]), fleet.run)
    next(spread)
    spread.close()
    assert fleet.run.in_flight == 0
    fleet.close()


def test_a_new_mover_begins_with_none() -> None:
    fleet = Fleet()
    MoverRun(fleet.page, 3, "x.1", 1).advanced(SIZE)
    assert fleet.page.shown(3).advanced == SIZE
    fleet.page.clear(3)
    assert fleet.page.shown(3).advanced == 0


def test_the_job_knows_which_mover_waits_and_when_it_goes_on() -> None:
    def wait(wire: Wire) -> None:
        _number, _rows = wire.batch()
        wire.sock.send(packed(["waits", described(EngineAway("s3://b: no connection"))]))
        wire.sock.send(packed(["waits", None]))
        wire.sock.send(packed(["waits", described(EngineAway("s3://b: no answer in time"))]))

    fleet = Fleet(wait)
    list(fleet.spread(["file"]))
    first, last = "s3://b: no connection", "s3://b: no answer in time"
    assert fleet.run.waited == [("mover 0", first), ("mover 0", None), ("mover 0", last), ("mover 0", None)]


def test_a_mover_says_once_that_it_goes_on() -> None:
    said: list[object] = []
    run = MoverRun(Fleet().page, 0, "x.1", 1)
    run.tell_wait = said.append
    away = EngineAway("503")
    for error in (None, away, None, None):
        run.waits(error, run)
    assert said == [away, None]
