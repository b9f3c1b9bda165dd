"""The table of moves holds together."""

from avio.wire.states import MOVES, OWNED, TERMINAL, UNFINISHED, State


def reachable(origin: State) -> set[State]:
    found, unseen = set(), [origin]
    while unseen:
        state = unseen.pop()
        for target in State:
            if (state, target) in MOVES and target not in found:
                found.add(target)
                unseen.append(target)
    return found


def test_every_state_can_be_reached_from_queued() -> None:
    assert reachable(State.QUEUED) == set(State)


def test_every_state_that_is_not_terminal_can_end() -> None:
    for state in set(State) - TERMINAL:
        assert reachable(state) & TERMINAL


def test_the_lists_that_are_derived_are_these() -> None:
    assert {"succeeded", "partial", "failed", "cancelled"} == TERMINAL
    assert {"starting", "running", "stopping"} == OWNED
    assert {"queued", "starting", "running", "stopping"} == UNFINISHED


def test_a_state_is_waiting_owned_or_terminal() -> None:
    assert {State.QUEUED} | OWNED | TERMINAL == set(State)
    assert not OWNED & TERMINAL


def test_only_a_claim_makes_a_job_somebodys() -> None:
    assert [move for move in MOVES if move[0] not in OWNED and move[1] in OWNED] == [(State.QUEUED, State.STARTING)]


def test_a_job_that_is_stopping_never_goes_on() -> None:
    assert {target for origin, target in MOVES if origin is State.STOPPING} == TERMINAL
