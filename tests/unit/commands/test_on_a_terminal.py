"""What a person sees on a real pseudo-terminal: bars and tables of any width, a server that is gone, a live list."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from avio import commands
from avio.commands import job_columns
from avio.terminal import tables
from avio.terminal.widths import cell_len
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import (
    JOB,
    delivery,
    entry_info,
    entry_page,
    file_list,
    job_info,
    keep_info,
    mount_list,
    node_list,
    report_line,
    schedule_info,
    tier_list,
)
from tests.unit.commands.stub import TOKEN, Stub, ndjson, problem, sse
from tests.unit.terminal.screen import Screen, on_a_screen

pytestmark = pytest.mark.setup

EVENTS = f"/jobs/{JOB}/events"
CJK = {"alluxioUri": "/数据集/" + "训练" * 30 + "/v2", "fromFileList": False}
AVIO = (sys.executable, "-m", "avio.commands")


def environ(stub: Stub, home: Path) -> dict[str, str]:
    return {"AVIO_URL": stub.url, "AVIO_TOKEN": TOKEN, "XDG_CONFIG_HOME": str(home), "TZ": "UTC"}


def running(**changes: Any) -> dict[str, Any]:
    start = datetime.now(UTC).isoformat()
    return job_info(params=CJK, phase="listing", startTime=start, **changes)


def is_drawn(screen: Screen, text: str) -> bool:
    return any(text in line for line in screen.lines)


@pytest.mark.parametrize("columns", [60, 80, 120, 250])
def test_a_bar_stays_in_its_place_at_every_width_and_when_the_window_changes(
    stub: Stub, home: Path, columns: int
) -> None:
    stub.on("GET", EVENTS, sse(("snapshot", running())))
    stub.on("GET", f"/jobs/{JOB}", running(), *[running(version=number) for number in range(2, 200)])

    with on_a_screen([*AVIO, "watch", JOB], columns=columns, **environ(stub, home)) as screen:
        screen.wait(lambda: is_drawn(screen, "2/4 files"))
        for width in (columns, 250, 100):
            screen.resize(width)
            screen.wait(lambda room=width: bar_fills(screen, room))
            heads = [line for line in screen.lines if line.startswith("preload ")]
            assert len(heads) == 1, screen.lines
            assert heads[0].rstrip().split()[-2] == "running"
            assert max(map(cell_len, screen.lines)) <= width
            assert len(screen.lines) == 3


def bar_fills(screen: Screen, room: int) -> bool:
    """Return True once the frame is whole and its bar has the length that suits the width."""
    if not screen.lines or not screen.lines[-1].endswith("0 failed"):
        return False
    bars = [line for line in screen.lines if line.endswith(("not yet", "still listing"))]
    return bool(bars) and (cell_len(bars[0]) == room or (room == 250 and bars[0].count("━") + bars[0].count("─") == 60))


def test_the_bar_greys_and_says_so_while_the_server_is_gone_and_comes_back(stub: Stub, home: Path) -> None:
    away = problem(503, "UNAVAILABLE", "the database does not answer")
    stub.on("GET", EVENTS, sse(("snapshot", job_info())))
    stub.on("GET", f"/jobs/{JOB}", away)

    with on_a_screen([*AVIO, "watch", JOB], **environ(stub, home)) as screen:
        screen.wait(lambda: "trying again: the database does not answer" in "".join(screen.lines))
        assert is_drawn(screen, "no news since")
        assert all("brightblack" in screen.colours(row) for row in range(3))
        assert is_drawn(screen, "?/s  ETA ?")
        stub.on("GET", f"/jobs/{JOB}", job_info())
        screen.wait(lambda: is_drawn(screen, "0 failed") and not is_drawn(screen, "no news"))
        assert [screen.colours(row) for row in range(3)] == [{"default"}] * 3
        stub.on("GET", f"/jobs/{JOB}", job_info("succeeded", version=9))
        assert screen.finish() == 0
    assert is_drawn(screen, "succeeded: 4 files")


def test_jobs_are_shown_anew_in_place_and_grey_while_the_server_is_gone(stub: Stub, home: Path) -> None:
    stub.on("GET", "/jobs", {"jobs": [running()], "nextPageToken": None})

    with on_a_screen([*AVIO, "jobs", "-w", "status:running"], **environ(stub, home)) as screen:
        screen.wait(lambda: is_drawn(screen, "1 job at") and len(screen.lines) == 3)
        assert "Ctrl-C" in screen.lines[0]
        assert screen.lines[2].startswith(JOB)
        assert screen.lines[2].endswith("/v2")
        assert max(map(cell_len, screen.lines)) <= 80
        assert stub.asked("GET", "/jobs")[0].query["filter"] == ["status:running"]
        stub.on("GET", "/jobs", problem(503, "UNAVAILABLE", "the database does not answer"))
        screen.wait(lambda: is_drawn(screen, "no news since") and screen.colours(2) == {"brightblack", "default"})
        two = {"jobs": [job_info(), job_info(id="01JX7M3K9QZZZZZZZZZZZZZZZZ")], "nextPageToken": None}
        stub.on("GET", "/jobs", two)
        screen.wait(lambda: is_drawn(screen, "2 jobs at") and len(screen.lines) == 4)
        assert screen.colours(2) == {"default"}
        screen.type("\x03")
        assert screen.finish() == 130
    assert not is_drawn(screen, "Traceback")
    assert max(map(cell_len, screen.lines)) <= 80
    assert len([line for line in screen.lines if line.startswith("01JX")]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jobs", "-w", "--json"], "leave out --all and --json"),
        (["jobs", "-w", "--all"], "leave out --all and --json"),
    ],
)
def test_a_live_list_is_for_a_terminal_alone(stub: Stub, home: Path, words: list[str], said: str) -> None:
    with on_a_screen([*AVIO, *words], **environ(stub, home)) as screen:
        assert screen.finish() == 2
        assert is_drawn(screen, said)


def test_a_login_that_has_ended_ends_the_live_list(stub: Stub, home: Path) -> None:
    wrong = {**environ(stub, home), "AVIO_TOKEN": "other"}
    began = time.monotonic()

    with on_a_screen([*AVIO, "jobs", "-w"], **wrong) as screen:
        assert screen.finish() == 4

    assert is_drawn(screen, "NOT_AUTHENTICATED")
    assert time.monotonic() - began < 30


def long_tables(stub: Stub) -> None:
    """Lay out tables whose cells are as wide as in real life."""
    names = ("训练集-imagenet-21k-winter", "train-00001-of-01024.parquet")
    stub.on("GET", "/list", entry_page(*(entry_info(f"/data/{name}", tiers={"MEM": 1, "SSD": 2}) for name in names)))
    nodes, mounts, tiers = node_list(), mount_list(), tier_list()
    for node in nodes["nodes"]:
        node["name"] = f"{node['name']}.rack12.example"
    tiers["tiers"][0]["worker"] = "worker-17.rack12.example:29999"
    mounts["mounts"][0]["url"] = "s3://a-bucket-with-a-long-name/and/a/prefix/of/some/length"
    stub.on("GET", "/nodes", nodes)
    stub.on("GET", "/mounts", mounts)
    stub.on("GET", "/tiers", tiers)
    stub.on("GET", "/keeps", {"keeps": [keep_info(path="/data/train")], "nextPageToken": None})
    stub.on(
        "GET", "/schedules", {"schedules": [schedule_info(name="每日预热 imagenet nightly")], "nextPageToken": None}
    )
    stub.on("GET", "/filelists", {"fileLists": [file_list()], "nextPageToken": None})
    url, error = "https://hooks.example.com/avio/ends", "the certificate has expired since yesterday"
    stub.on("GET", "/me/deliveries", {"deliveries": [delivery(url=url, error=error)], "nextPageToken": None})
    failed = report_line("/data/训练/b.tar", outcome="failed", reason="ACCESS_DENIED", message="no right to read " * 6)
    stub.on("GET", f"/jobs/{JOB}/report", ndjson(failed))
    stub.on("GET", "/jobs", {"jobs": [running(name="每日预热 imagenet nightly")], "nextPageToken": None, "users": {}})


TABLES = {
    "ls /data": "train-00001-of-01024.parquet",
    "nodes": "gpu-1.rack12.example",
    "mounts": "/s3",
    "tiers": "worker-17.rack12.example:29999",
    "keep": "/data/train",
    "schedule list": JOB,
    "lists": JOB,
    "notify log": JOB,
    f"report {JOB}": "/data/训练/b.tar",
    "jobs": JOB,
    "filter explain --exclude '*.tar.gz.with-a-long-name-that-goes-on-and-on-and-on' data/a-file": "data/a-file",
}


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("line", TABLES)
def test_every_table_fits_a_narrow_terminal_and_names_each_row(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch, line: str, width: int
) -> None:
    long_tables(stub)
    monkeypatch.setenv("AVIO_URL", stub.url)
    monkeypatch.setenv("AVIO_TOKEN", TOKEN)
    monkeypatch.setenv("COLUMNS", str(width))
    for module in (tables, job_columns):
        monkeypatch.setattr(module, "is_terminal", lambda: True)

    lines = avio(line).stdout.splitlines()

    assert len(lines) >= 2
    assert max(map(cell_len, lines)) <= width, lines
    assert TABLES[line] in "\n".join(lines)


def test_every_command_with_a_table_is_looked_at() -> None:
    files = [file for file in Path(commands.__file__).parent.glob("*.py") if " print_table(" in file.read_text("utf-8")]
    names = {"gate": "wait"}
    looked_at = {line.split()[0] for line in TABLES} | {"top"}  # test_top has all of its tables
    assert {names.get(file.stem, file.stem) for file in files} == looked_at


def test_a_table_fits_a_real_terminal(stub: Stub, home: Path) -> None:
    long_tables(stub)

    with on_a_screen([*AVIO, "ls", "/data"], **environ(stub, home)) as screen:
        assert screen.finish() == 0, screen.lines

    assert [line.rpartition("  ")[2] for line in screen.lines[1:]] == [
        "训练集-imagenet-21k-winter",
        "train-00001-of-01024.parquet",
    ]
    assert max(map(cell_len, screen.lines)) <= 80
