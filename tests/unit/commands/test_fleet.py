"""`avio nodes` and `avio mounts`: what is shown, and what programs get."""

import json

import pytest

from avio.terminal import tables
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, mount_list, node_list
from tests.unit.commands.stub import Stub

pytestmark = pytest.mark.usefixtures("logged_in")


def test_nodes_are_told_with_busy_slots_and_jobs(avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.on("GET", "/nodes", node_list())
    time = "2026-05-02T11:40:05.000+08:00"

    assert avio("nodes").stdout.splitlines() == [
        f"gpu-1\tactive\t1/2\t{time}\t{JOB}",
        f"gpu-2\tsilent\t0/2\t{time}\t-",
    ]
    assert json.loads(avio("nodes --json").stdout) == node_list()
    monkeypatch.setattr(tables, "is_terminal", lambda: True)
    heading, first, _ = avio("nodes").stdout.splitlines()
    assert heading.split() == ["NODE", "STATE", "BUSY", "SEEN", "JOBS"]
    assert first.endswith("/data/train")


def test_mounts_are_told_and_why_one_does_not_answer(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/mounts", mount_list())

    said = avio("mounts")

    assert said.stdout.splitlines() == [
        f"/data\tfile\tok\t1\t{JOB}\tfile:///srv/data",
        "/s3\ts3\tunavailable\t0\t-\t-",
    ]
    assert said.stderr == "/s3: no answer from mount /s3 (ENGINE_AWAY)\n"
    assert json.loads(avio("mounts --json").stdout) == mount_list()
