"""`avio top`: what reaches the server, and what people and programs see."""

import json
from typing import Any

import pytest

from avio.terminal import tables
from avio.terminal.widths import cell_len
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB
from tests.unit.commands.stub import Reply, Stub
from tests.unit.commands.top_samples import top_info, top_row

pytestmark = pytest.mark.usefixtures("logged_in")

MIB = 1 << 20
OLDEST = "2026-05-02T11:40:00.000+08:00"


def served(stub: Stub, *rows: dict[str, Any], **changes: Any) -> None:
    total = {**top_row(), "bytes": 200 * MIB}
    stub.on("GET", "/top", Reply(top_info(*rows, total={name: total[name] for name in top_info()["total"]}, **changes)))


def test_directories_off_a_terminal(avio: Avio, stub: Stub) -> None:
    served(stub, top_row(), top_row(path="/data/b", bytes=7, unsureBytes=7, unreadBytes=0))

    said = avio("top /data --depth 2 --tier SSD --limit 5")

    assert stub.requests[0].query == {
        "alluxioUri": ["/data"], "by": ["prefix"], "depth": ["2"], "tier": ["SSD"], "pageSize": ["5"]
    }  # fmt: skip
    assert said.stdout.splitlines() == [f"{100 * MIB}\t50.0\t3\t{25 * MIB}\t0\t/data/a", "7\t0.0\t3\t?\t0\t/data/b"]
    assert said.stderr == "surveyed: SSD 2026-05-02 11:40:00+08:00, HDD not yet\n"


@pytest.mark.parametrize(
    ("changes", "unread"),
    [
        ({}, "25 MiB"),
        ({"unreadBytes": 0}, "0 B"),
        ({"unsureBytes": 5}, "≥25 MiB"),
        ({"unsureBytes": 5, "unreadBytes": 0}, "?"),
        ({"came": "written", "unreadBytes": 0}, "-"),
    ],
)
def test_what_nobody_has_read_is_told_as_far_as_it_is_known(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], unread: str
) -> None:
    monkeypatch.setattr(tables, "is_terminal", lambda: True)
    served(stub, top_row(**changes))
    row = avio("top").stdout.splitlines()[1]
    assert row.split("50%")[1].split(maxsplit=1)[1].startswith(unread)


def test_users_jobs_and_mounts_by_name_and_what_is_unknown(avio: Avio, stub: Stub) -> None:
    lena = top_row(came="preloaded", uid=7, user="lena", job=JOB, path="/data/图片")
    served(stub, lena, top_row(came="written", path=None), top_row(came="unknown", path=None))

    assert [line.split("\t")[5:] for line in avio("top --by user").stdout.splitlines()] == [
        ["lena"],
        ["(programs)"],
        ["?"],
    ]
    assert [line.split("\t")[3:] for line in avio("top --by job").stdout.splitlines()] == [
        [JOB, "lena", "/data/图片"],
        ["?", "(programs)", "-"],
        ["?", "?", "-"],
    ]
    mounts = avio("top --by mount").stdout.splitlines()
    assert [line.split("\t")[2:] for line in mounts] == [["0", "-", "/data/图片"], ["0", "-", "?"], ["0", "-", "?"]]


def test_lower_bounds_are_marked_and_rows_that_are_left_out_counted(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "is_terminal", lambda: True)
    others = dict.fromkeys(top_info()["others"], 5 * MIB) | {"oldestUnsaved": None}
    served(stub, top_row(), isWhole=False, otherRows=3, others=others)
    said = avio("top")
    assert "≥100 MiB" in said.stdout
    assert "; 3 more rows with 5.0 MiB" in said.stderr


@pytest.mark.parametrize("by", ["prefix", "user", "job", "mount"])
def test_a_terminal_of_80_columns_is_enough(avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    monkeypatch.setattr(tables, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    lena = {"came": "preloaded", "uid": 7, "user": "李娜", "job": JOB, "unsureBytes": 3, "oldestUnsaved": OLDEST}
    served(stub, top_row(path="/数据/训练", **lena), isWhole=False)
    lines = avio(f"top --by {by}").stdout.splitlines()
    assert max(map(cell_len, lines)) <= 80


def test_json_is_what_the_server_said(avio: Avio, stub: Stub) -> None:
    served(stub, top_row())
    assert json.loads(avio("top --json").stdout)["rows"] == [top_row()]
