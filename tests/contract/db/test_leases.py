"""Nodes: epochs, leases (T5), draining, and what the reaper finds of the dead (T8)."""

import pytest

from avio.db import claims, dead_nodes, leases, orders
from avio.db.sql import change, now
from tests.contract.db import given
from tests.contract.db.concurrent import abreast

GRACE = 10.0


@pytest.fixture(autouse=True)
def _user(db: str) -> None:
    given.user()


def lease_left(name: str = "n1") -> float:
    (node,) = [node for node in leases.all_nodes() if node.name == name]
    return float(node.lease_until) - now()


def test_each_start_of_a_node_is_an_epoch_and_makes_it_active_again() -> None:
    assert leases.register("n1", "boot-a", "spool-a", 2, 60) == 1
    given.lease_over("n1", 100)
    dead_nodes.mark_lost(GRACE)

    assert leases.register("n1", "boot-b", "spool-b", 3, 60) == 2

    node = leases.find("n1")
    assert node is not None
    assert (node.epoch, node.boot_id, node.instance, node.slots, node.state) == (2, "boot-b", "spool-b", 3, "active")
    assert lease_left() == pytest.approx(60, abs=5)


def test_a_renewal_counts_from_the_clock_of_the_database() -> None:
    given.node(lease=1)

    assert leases.renew("n1", 1, 45)
    assert lease_left() == pytest.approx(45, abs=5)


def test_a_lease_that_ran_out_can_be_renewed_while_nobody_has_noticed() -> None:
    given.node()
    given.lease_over("n1", 5)

    assert leases.renew("n1", 1, 60)


def test_an_older_epoch_renews_nothing() -> None:
    given.node(lease=100)
    given.node(lease=10)

    assert not leases.renew("n1", 1, 500)
    assert lease_left() < 20


def test_a_node_that_was_given_up_renews_nothing() -> None:
    given.node()
    given.lease_over("n1", GRACE + 1)
    assert dead_nodes.mark_lost(GRACE) == 1

    assert not leases.renew("n1", 1, 60)
    assert dead_nodes.mark_lost(GRACE) == 0


def test_a_node_is_not_given_up_before_the_grace_is_over() -> None:
    given.node()
    given.lease_over("n1", GRACE - 5)

    assert dead_nodes.mark_lost(GRACE) == 0


def test_a_draining_node_keeps_what_it_has_and_takes_no_more() -> None:
    given.node()
    job, waiting = given.running(), given.job()

    leases.drain("n1", 1)

    assert claims.claim(waiting, "n1", 1) is None
    assert leases.renew("n1", 1, 60)
    assert [held.job for held in leases.held("n1", 1)] == [job]


def test_draining_an_older_epoch_does_nothing_to_the_new_one() -> None:
    given.node()
    given.node()

    leases.drain("n1", 1)

    assert leases.all_nodes()[0].state == "active"


def test_a_node_holds_the_jobs_of_its_epoch_that_have_not_ended() -> None:
    given.node()
    given.node("n2")
    starting, running, stopping = given.starting(), given.running(), given.running()
    orders.cancel(stopping, "")
    given.job()
    given.from_result(given.running(), "succeeded")
    given.running("n2")

    held = {one.job: one for one in leases.held("n1", 1)}

    assert held == {
        starting: leases.Held(starting, 1, "starting", cancelled=False, path="/data"),
        running: leases.Held(running, 1, "running", cancelled=False, path="/data"),
        stopping: leases.Held(stopping, 1, "stopping", cancelled=True, path="/data"),
    }
    assert leases.held_by_older("n1", 1, GRACE) == []


def test_a_new_epoch_of_another_machine_sees_jobs_that_may_live_yet() -> None:
    given.node()
    job, ended = given.running(), given.running()
    given.from_result(ended, "succeeded")
    given.lease_over("n1", 1)
    assert leases.register("n1", "another boot", "spool", 2, 60) == 2
    given.node("n2")
    given.running("n2")
    given.running("n1", 2)

    assert leases.held_by_older("n1", 2, GRACE) == []
    assert leases.left_by_older("n1", 2) == [leases.Held(job, 1, "running", cancelled=False, path="/data")]


def test_a_new_epoch_finds_what_older_ones_left_behind() -> None:
    given.node()
    job = given.running()
    given.node()
    given.node("n2")
    given.running("n2")
    given.running("n1", 2)

    assert [held.job for held in leases.held_by_older("n1", 2, GRACE)] == [job]
    assert job not in [held.job for held in leases.held("n1", 2)]


def test_a_job_is_an_orphan_once_lease_and_grace_of_its_node_are_over() -> None:
    given.node()
    job = given.running()
    assert dead_nodes.orphans(GRACE) == []

    given.lease_over("n1", GRACE - 5)
    assert dead_nodes.orphans(GRACE) == []

    given.lease_over("n1", GRACE + 0.1)
    assert dead_nodes.orphans(GRACE) == [leases.Held(job, 1, "running", cancelled=False)]


def test_a_job_is_an_orphan_when_its_node_began_another_epoch_or_is_gone() -> None:
    given.node()
    given.node("n2")
    older, gone = given.running(), given.running("n2")
    given.set_row(gone, node="n3")
    given.node()

    assert {held.job for held in dead_nodes.orphans(GRACE)} == {older, gone}
    assert len(dead_nodes.orphans(GRACE, limit=1)) == 1


@pytest.mark.parametrize("other", [("boot", "other"), ("other", "spool")], ids=["another spool", "another boot"])
def test_a_name_is_not_given_away_while_its_supervisor_has_a_lease(other: tuple[str, str]) -> None:
    given.node()

    assert leases.register("n1", *other, 2, 60) is None

    node = leases.find("n1")
    assert node is not None
    assert (node.epoch, node.instance, lease_left() > 50) == (1, "spool", True)
    given.lease_over("n1", 0.1)
    assert leases.register("n1", *other, 2, 60) == 2
    assert leases.register("n1", "boot", "spool", 2, 60) is None


@pytest.mark.parametrize("other", [("boot", "other"), ("other", "spool")], ids=["another spool", "another boot"])
def test_the_jobs_of_another_supervisor_are_nobodys_until_its_lease_and_grace_are_over(other: tuple[str, str]) -> None:
    given.node()
    job = given.running()
    given.lease_over("n1", GRACE - 5)

    assert leases.register("n1", *other, 2, 60) == 2
    assert leases.held_by_older("n1", 2, GRACE) == []
    assert dead_nodes.orphans(GRACE) == []
    assert leases.register("n1", *other, 2, 60) == 3  # which says nothing about the jobs of the first
    assert dead_nodes.orphans(GRACE) == []

    change("UPDATE nodes SET older_until = older_until - 5.1")
    assert [held.job for held in dead_nodes.orphans(GRACE)] == [job]
    assert [held.job for held in leases.held_by_older("n1", 3, GRACE)] == [job]


def test_a_node_that_leaves_gives_its_name_away_at_once() -> None:
    given.node()
    leases.end("n1", 2)
    assert leases.register("n1", "boot", "other", 2, 60) is None

    leases.end("n1", 1)

    assert leases.register("n1", "boot", "other", 2, 60) == 2


def test_of_two_supervisors_that_want_one_name_at_once_one_gets_it() -> None:
    given.node()
    given.lease_over("n1", 1)

    epochs = abreast(6, lambda number: leases.register("n1", "boot", f"spool-{number}", 2, 60))

    assert sorted(epochs, key=str) == [2, None, None, None, None, None]


def test_a_job_that_waits_or_has_ended_is_nobodys_orphan() -> None:
    given.node()
    given.job()
    given.from_result(given.running(), "failed")
    given.lease_over("n1", 1000)

    assert dead_nodes.orphans(GRACE) == []
