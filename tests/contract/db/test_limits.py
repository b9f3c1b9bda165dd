"""Limits of jobs: ordered, changed until the end (T12), taken over by the claim, and shared by what runs."""

import json
from typing import Any

import pytest

from avio.db import claims, leases, limits, orders
from avio.wire.limits import Limits
from avio.wire.states import OWNED, TERMINAL, State
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _user_and_node(db: str) -> None:
    given.user()
    given.node()


def limited(**members: Any) -> str:
    """Queue a preload with limits; return its id."""
    params = json.dumps({"alluxioUri": "/data", **members})
    return str(orders.insert(orders.NewJob(1, "load", 1, params))[0].id)


def present(job: str) -> tuple[Any, ...]:
    row = given.row(job)
    return row["bandwidth"], row["concurrency"]


def test_a_job_begins_with_the_limits_that_were_ordered() -> None:
    assert present(limited(bandwidth=10**9, concurrency=7)) == (10**9, 7)
    assert present(limited()) == (None, None)


@pytest.mark.parametrize("state", [state for state in State if state not in TERMINAL])
def test_limits_and_name_change_until_the_end(state: State) -> None:
    job = given.in_state(state)
    before = given.row(job)["version"]

    assert limits.adjust(job, {"bandwidth": 1 << 40, "concurrency": 5, "name": "ä"})
    assert present(job) == (1 << 40, 5)
    assert given.row(job)["name"] == "ä"

    assert limits.adjust(job, {"bandwidth": None})
    assert present(job) == (None, 5)
    assert given.row(job)["version"] == before + 2
    assert given.row(job)["state"] == state


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_a_job_that_has_ended_is_not_changed(state: State) -> None:
    job = given.in_state(state)
    before = given.row(job)

    assert not limits.adjust(job, {"bandwidth": 1, "name": "x"})

    assert given.row(job) == before


def test_a_claim_takes_the_present_limits_not_those_of_the_order() -> None:
    job = limited(bandwidth=10**6)
    limits.adjust(job, {"bandwidth": 10**8, "concurrency": 3})

    claimed = claims.claim(job, "n1", 1)

    assert claimed is not None
    assert claimed.limits == Limits(10**8, 3)
    assert json.loads(claimed.params)["bandwidth"] == 10**6


def test_what_a_node_holds_is_told_with_its_limits() -> None:
    job = given.running()
    limits.adjust(job, {"concurrency": 3})

    (held,) = leases.held("n1", 1)

    assert (held.path, held.limits) == ("/data", Limits(None, 3))


def test_the_crowd_is_what_moves_files_on_any_node() -> None:
    given.node("n2")
    for _ in range(2):
        given.running()
    given.running("n2", path="/other")
    given.running(path=None)
    given.running(type=0)
    for state in State:
        if state not in OWNED:
            given.in_state(state)

    assert sorted(limits.crowd(), key=str) == [("/data", 2), ("/other", 1), (None, 1)]
