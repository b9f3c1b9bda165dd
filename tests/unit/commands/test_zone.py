"""Off a terminal all times are in one zone, that of the user: those of tables and those of progress lines."""

import time

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, entry_info, entry_page, file_list, job_info
from tests.unit.commands.stub import Stub, sse

pytestmark = pytest.mark.usefixtures("logged_in")

HERE = "2026-05-02T05:40:00.000+02:00"  # of what the samples call 11:40 at +08:00


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "YYY-2")
    time.tzset()


def test_tables_have_the_times_of_the_user(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/list", entry_page(entry_info(), entry_info(modified=None), entry_info(modified="never")))
    stub.on("GET", "/jobs", {"jobs": [job_info()], "nextPageToken": None})
    stub.on("GET", "/filelists", {"fileLists": [file_list()], "nextPageToken": None})

    listed = [line.split("\t")[4] for line in avio("ls /data").stdout.splitlines()]
    assert listed == [HERE, "-", "never"]
    assert avio("jobs").stdout.rstrip("\n").split("\t")[-2] == HERE
    assert HERE in avio("lists").stdout


def test_so_have_progress_lines(avio: Avio, stub: Stub) -> None:
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", job_info("succeeded"))))

    first, *_ = avio(f"watch {JOB}").stdout.splitlines()
    assert first[19:25] == "+02:00"


def test_json_has_the_times_of_the_server(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", entry_info())

    assert "2026-05-02T11:40:00.000+08:00" in avio("stat /data/a.tar --json").stdout
