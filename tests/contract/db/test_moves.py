"""Every move that the queries can make is in `MOVES`, and every move of `MOVES` can be made by a query."""

from collections.abc import Callable

import pytest

from avio.db import claims, dead_nodes, ends, folds, leases, orders
from avio.wire.events import ProgressEvent
from avio.wire.progress import Progress
from avio.wire.states import MOVES, TERMINAL, State
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("db")


def _reap(job: str) -> None:
    given.lease_over("n1", 100)
    dead_nodes.mark_lost(10)
    for held in dead_nodes.orphans(10):
        ends.give_back(held.job, held.attempt, ends.Cause.LOST, "")


# All that changes a job, as its callers call it, for attempt 1.
ACTIONS: dict[str, Callable[[str], object]] = {
    "claim": lambda job: claims.claim(job, "n1", 1),
    "mark_running": lambda job: claims.mark_running(job, 1, "n1", 1, 4321),
    "cancel": lambda job: orders.cancel(job, ""),
    "fold": lambda job: folds.fold([ProgressEvent(job, 1, 1, Progress())], []),
    "reap": _reap,
    **{f"finish {state}": lambda job, state=state: ends.finish(given.result(job), state) for state in sorted(TERMINAL)},
    **{f"give back, {cause}": lambda job, cause=cause: ends.give_back(job, 1, cause, "") for cause in ends.Cause},
    "third crash": lambda job: (given.set_row(job, crashes=2), ends.give_back(job, 1, ends.Cause.CRASHED, "")),
    "tenth loss": lambda job: (given.set_row(job, losses=9), ends.give_back(job, 1, ends.Cause.LOST, "")),
}


def _moves() -> set[tuple[State, State]]:
    made = set()
    for origin in State:
        for action in ACTIONS.values():
            given.only_epoch()
            job = given.in_state(origin)
            action(job)
            made.add((origin, State(given.state(job))))
    return made


def test_the_queries_make_the_moves_of_the_table_and_no_others() -> None:
    given.user()

    made = {(origin, target) for origin, target in _moves() if origin != target}

    assert made == set(MOVES)


def test_nothing_leaves_a_terminal_state() -> None:
    assert not [target for origin, target in MOVES if origin in TERMINAL]


def test_a_node_that_holds_nothing_can_still_be_given_up() -> None:
    given.node()
    given.lease_over("n1", 100)

    assert dead_nodes.mark_lost(10) == 1
    assert not leases.renew("n1", 1, 60)
