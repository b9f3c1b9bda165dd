"""What crosses the sockets: names of any bytes, rows of any length, errors of any class."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from avio import errors
from avio.engines.movers import outbox as outbox_module
from avio.engines.movers.batches import BATCH_BYTES, BATCH_ROWS, Batch, in_batches
from avio.engines.movers.handle import BATCHES_AHEAD, GROW_BYTES
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import FLUSH_ROWS, Outbox
from avio.engines.movers.packets import PACKET_BYTES, Row, described, error_of, packed, unpacked
from avio.engines.movers.page import MAX_MOVERS, Page
from avio.engines.movers.supply import Inbox, Supply
from avio.errors import EngineError, Scope, StoreError
from avio.wire.limits import LEAST_BANDWIDTH, Limits
from avio.wire.params import MAX_PATHS, Params
from tests.unit.engines.movers.thread_movers import Echo, Fleet

Pair = tuple[socket.socket, socket.socket]

ODD = ["/data/\udcff\udcfe", '/data/é\n"\\', "/data/\x00\x1f", "/data/\U0001f600", "/data/\ud800", ""]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with one, other:
        yield one, other


@pytest.mark.parametrize("text", ODD)
def test_a_name_of_any_bytes_crosses(text: str) -> None:
    assert unpacked(packed(["done", 1, [[text, None, 1.5, True]]])) == ["done", 1, [[text, None, 1.5, True]]]
    assert [found for found, _, _ in Fleet().spread([text])] == [text]


def test_batches_of_the_longest_rows_fit_into_a_socket_that_nobody_reads(
    pair: Pair,
) -> None:
    longest = ["\udcff" * 4095, "9:9:" + "é" * 500, *["x"] * 5]
    batches = [batch for batch in in_batches([longest] * 1000, list) if batch is not None]
    assert sum(len(batch.rows) for batch in batches) == 1000
    pair[0].setblocking(False)
    pair[0].send(packed(["task", "preload", {"include": "x" * 4000}]))
    for batch in batches[:BATCHES_AHEAD]:
        packet = batch.packet(1)
        assert len(packet) <= PACKET_BYTES
        assert unpacked(packet) == ["batch", 1, batch.rows, False]
        pair[0].send(packet)


def test_a_batch_ends_with_its_rows_its_bytes_and_a_pause() -> None:
    rows: list[int | None] = [*range(BATCH_ROWS + 1), None, 7, None, None]
    sizes = [len(batch.rows) if batch else None for batch in in_batches(rows, lambda number: [str(number)])]
    assert sizes == [BATCH_ROWS, 1, None, 1, None, None]
    large = list(in_batches([0, 1], lambda number: [number], lambda _: BATCH_BYTES + 1))
    assert [batch.work if batch else None for batch in large] == [[0], [1]]


def test_work_that_no_mover_is_to_do_is_told_of_by_an_empty_batch() -> None:
    found = list(in_batches(range(4), lambda number: [number] if number % 2 else None))
    assert [batch.work if batch else None for batch in found] == [[1, 3]]
    none_at_all = list(in_batches(range(2 * BATCH_ROWS + 1), lambda number: None))
    assert [batch.work if batch else None for batch in none_at_all] == [[], [], []]


def test_the_rest_of_a_batch_counts_the_deaths_without_a_result() -> None:
    batch = Batch([["a"], ["b"], ["c"]], [1, 2, 3])
    assert not batch.again
    waited = batch.rest(begun=False)
    assert (waited.rows, waited.work, waited.deaths, waited.again) == (batch.rows, batch.work, 0, True)
    rest = waited.rest(begun=True).rest(begun=False).rest(begun=True)
    assert (rest.rows, rest.work, rest.deaths, rest.again) == (batch.rows, [1, 2, 3], 2, True)
    rest.open.discard(1)
    last = rest.rest(begun=True)
    assert (last.rows, last.work, last.deaths) == ([["a"], ["c"]], [1, 3], 1)


def all_errors(kind: type[EngineError] = EngineError) -> list[type[EngineError]]:
    """Return every class of errors that an engine raises."""
    return [
        kind,
        *(below for each in kind.__subclasses__() if each.__module__ == errors.__name__ for below in all_errors(each)),
    ]


@pytest.mark.parametrize("kind", all_errors())
def test_an_error_crosses_with_class_message_and_cure(kind: type[EngineError]) -> None:
    error = EngineError.__new__(kind)
    EngineError.__init__(error, "what \udcff", cure="what to do", retry_after=3)
    found = error_of(unpacked(packed(described(error))))
    assert (type(found), str(found), found.cure, found.retry_after) == (kind, str(error), "what to do", 3)
    assert (found.reason, found.scope, found.status) == (error.reason, error.scope, error.status)


def test_an_error_of_an_engines_own_class_crosses_as_the_nearest_that_all_know() -> None:
    class Own(StoreError):
        scope = Scope.RETRY
        reason = "OWN"
        status = 418

    found = error_of(unpacked(packed(described(Own("what")))))
    assert type(found) is StoreError
    assert (found.scope, found.reason, found.status) == (Scope.RETRY, "OWN", 418)


def test_an_error_without_end_is_cut(pair: Pair) -> None:
    outbox = Outbox(pair[1])
    error = StoreError("\udcff" * 500_000, cure="\udcff" * 500_000)
    for place in range(3):
        outbox.add(7, [place, described(error)])
    outbox.flush()
    found: list[list[Any]] = []
    pair[0].setblocking(False)
    while len(found) < 3:
        packet = pair[0].recv(1 << 20)
        assert len(packet) <= PACKET_BYTES
        found += unpacked(packet)[2]
    assert [place for place, _ in found] == [0, 1, 2]


def test_results_that_are_too_long_for_one_packet_come_in_several(pair: Pair) -> None:
    outbox = Outbox(pair[1])
    for place in range(FLUSH_ROWS):
        outbox.add(place % 2, [place, "x" * 1500])
    found: list[list[Any]] = []
    while len(found) < FLUSH_ROWS:
        packet = pair[0].recv(1 << 20)
        assert len(packet) <= PACKET_BYTES
        _, batch, results = unpacked(packet)
        assert all(place % 2 == batch for place, _ in results)
        found += results
    assert sorted(place for place, _ in found) == list(range(FLUSH_ROWS))


def test_results_wait_for_others_but_not_long(pair: Pair) -> None:
    inbox, outbox = Inbox(pair[1], MoverRun(Page(), 0, "x.1", 1)), Outbox(pair[1])
    pair[0].setblocking(False)
    outbox.add(1, [0])
    with pytest.raises(BlockingIOError):
        pair[0].recv(1 << 20)
    assert Supply(inbox, outbox).take(0.01) is None  # it waits for rows: nothing comes to make a larger packet
    assert unpacked(pair[0].recv(1 << 20)) == ["done", 1, [[0]]]


def test_results_come_also_while_the_mover_has_rows_that_may_not_begin(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "FLUSH_SECONDS", 0.0)
    inbox, outbox = Inbox(pair[1], MoverRun(Page(), 0, "x.1", 1)), Outbox(pair[1])
    supply = Supply(inbox, outbox)
    outbox.add(1, [0])
    pair[0].setblocking(False)
    supply.want(5)  # each turn, e.g. of a transfer that waits for its bandwidth
    assert unpacked(pair[0].recv(1 << 20)) == ["done", 1, [[0]]]


def test_rows_of_a_task_that_is_over_are_dropped(pair: Pair) -> None:
    inbox = Inbox(pair[1], MoverRun(Page(), 0, "x.1", 1))
    for message in (["batch", 1, [["old"]], False], ["task", "new", {}], ["batch", 2, [["new"]], False]):
        pair[0].send(packed(message))
    task = inbox.wait_for_task()
    assert task is not None
    assert task.name == "new"
    piece = Supply(inbox, Outbox(pair[1])).take(1)
    assert piece == (2, 0, ["new"], False)


def test_the_next_task_ends_a_supply_after_its_last_row(pair: Pair) -> None:
    inbox = Inbox(pair[1], MoverRun(Page(), 0, "x.1", 1))
    supply = Supply(inbox, Outbox(pair[1]))
    pair[0].send(packed(["batch", 1, [["a"], ["b"]], False]))
    pair[0].send(packed(["task", "next", {}]))
    assert [supply.take(1), supply.ended, supply.take(1), supply.take(1)] == [
        (1, 0, ["a"], False),
        False,
        (1, 1, ["b"], False),
        None,
    ]
    assert supply.ended


def test_a_closed_socket_ends_supply_and_run(pair: Pair) -> None:
    run = MoverRun(Page(), 0, "x.1", 1)
    inbox = Inbox(pair[1], run)
    supply = Supply(inbox, Outbox(pair[1]))
    pair[0].send(packed(["batch", 1, [["a"], ["b"]], False]))
    assert supply.take(1) is not None
    pair[0].close()
    inbox.receive(1)
    assert (supply.take(1), supply.ended, run.stopping(), inbox.wait_for_task()) == (None, True, True, None)


def test_a_job_with_the_most_and_longest_paths_and_rules_has_movers() -> None:
    fleet = Fleet()
    many = Params(paths=("/" + "x" * 4000,) * MAX_PATHS, filters=("- " + "x" * 8000,))
    spread = fleet.pool.spread("echo", many, in_batches(["a"], lambda text: [text]), fleet.run, lambda *_: None)
    assert [result for _, results in spread for result in results] == [[0, "a"]]


def test_no_two_movers_have_one_place_however_many_have_died() -> None:
    fleet = Fleet()
    first = fleet.pool._new_mover()
    for _ in range(MAX_MOVERS - 1):
        fleet.pool._remove(fleet.pool._new_mover())
    assert fleet.pool._new_mover().place != first.place


@pytest.mark.parametrize(
    ("limits", "most"),
    [(Limits(), 3), (Limits(concurrency=2), 2), (Limits(bandwidth=LEAST_BANDWIDTH), 1), (Limits(bandwidth=1), 1)],
)
def test_each_mover_has_a_share_of_the_limits_that_it_can_keep(limits: Limits, most: int) -> None:
    fleet = Fleet(most=3)
    fleet.page.limits = limits
    assert len(list(fleet.spread(map(str, range(30)), size=GROW_BYTES))) == 30
    assert fleet.pool.started <= most


class Places(Echo):
    """An engine whose results are the places of the movers."""

    def result(self, task: str, row: Row, run: MoverRun) -> Row:
        return [run._place]


def test_limits_that_come_later_leave_the_movers_idle_that_are_too_many() -> None:
    fleet = Fleet(engine=Places(), most=3)
    list(fleet.spread(map(str, range(30)), size=GROW_BYTES))
    assert fleet.pool.started == 3
    fleet.page.limits = Limits(concurrency=2)

    found = list(fleet.spread(map(str, range(30)), size=GROW_BYTES))

    assert (len(found), len({place for _, place, _ in found})) == (30, 2)
    assert fleet.page.movers == 2
