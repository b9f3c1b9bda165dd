"""The limits that an attempt begins with: those of the job at its claim, within its shares."""

from pathlib import Path

import pytest

from avio.db import limits
from avio.wire.limits import Limits
from tests.contract.db import given
from tests.unit.supervisor.intake.claiming_node import Node

MIB = 1 << 20


@pytest.mark.usefixtures("tables")
def test_an_attempt_begins_with_the_present_limits_of_its_job(tmp_path: Path) -> None:
    node = Node(tmp_path / "spool")
    changed, plain = given.job(run_at=1), given.job(run_at=2)
    limits.adjust(changed, {"bandwidth": MIB, "concurrency": 3})

    node.claimer.poll()

    found = {order.job: order.limits for order in node.orders()}
    assert found == {changed: Limits(MIB, 3), plain: Limits()}
    node.close()


@pytest.mark.usefixtures("tables")
def test_an_attempt_begins_with_its_share_of_what_runs_and_itself(tmp_path: Path) -> None:
    mounts = {"/data": {"url": "file:///x", "bandwidth": 3 * MIB}}
    node = Node(tmp_path / "spool", bandwidth=8 * MIB, mounts=mounts)
    given.node("n2")
    given.running("n2")
    moving, listing = given.job(run_at=1), given.job(run_at=2, type=0)

    node.claimer.poll()

    found = {order.job: order.limits for order in node.orders()}
    assert found == {moving: Limits(3 * MIB // 2), listing: Limits()}
    node.close()
