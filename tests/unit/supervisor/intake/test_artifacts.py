"""What attempts write gets into the database once, whole, however often it is shipped."""

import errno
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avio.db import artifacts
from avio.plain_file import NotPlain
from avio.wire.results import ENTRIES_NAME, LOG_NAME, REPORT_NAME, RESULT_NAME, Result
from supervisor.intake import artifacts as shipping
from supervisor.intake import log_shipper
from supervisor.intake.artifacts import ArtifactShipper
from supervisor.shared.spool import Spool, make_spool
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return make_spool(tmp_path / "spool")


def shipped(job: str, kind: str) -> bytes:
    return b"".join(artifacts.read(job, 1, kind))


def test_the_log_is_shipped_as_it_grows(spool: Spool) -> None:
    job = given.running()
    log = spool.make(job, 1) / "log"
    ship = ArtifactShipper(spool)
    ship.ship_log(job, 1)

    log.write_bytes(b"one\n")
    ship.ship_log(job, 1)
    ship.ship_log(job, 1)
    log.write_bytes(b"one\ntwo\n")
    ship.ship_all(job, 1)

    assert shipped(job, "log") == b"one\ntwo\n"
    assert artifacts.numbers(job, 1, "log") == [0]


def test_another_intake_goes_on_where_the_first_one_died(spool: Spool) -> None:
    job = given.running()
    log = spool.make(job, 1) / "log"
    log.write_bytes(b"one\n")
    ArtifactShipper(spool).ship_log(job, 1)

    log.write_bytes(b"one\ntwo\n")
    ArtifactShipper(spool).ship_all(job, 1)

    assert shipped(job, "log") == b"one\ntwo\n"


def test_report_and_result_are_shipped_whole_in_whole_lines(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "CHUNK_BYTES", 100)
    job = given.running()
    directory = spool.make(job, 1)
    text = b"".join(b'{"path":"/%d"}\n' % number for number in range(50))
    (directory / "report.jsonl").write_bytes(text)
    (directory / "entries.jsonl").write_bytes(text)

    ArtifactShipper(spool).ship_all(job, 1)
    ArtifactShipper(spool).ship_all(job, 1)

    assert shipped(job, "report") == shipped(job, "result") == text
    assert all(chunk.endswith(b"\n") for chunk in artifacts.read(job, 1, "report"))
    assert len(artifacts.numbers(job, 1, "report")) > 5


def test_what_failed_is_first_in_the_report_and_a_cut_says_what_is_missing(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "CHUNK_BYTES", 5)
    monkeypatch.setattr(shipping, "MAX_CHUNKS", 4)
    job = given.running()
    directory = spool.make(job, 1)
    (directory / "report.jsonl").write_bytes(b"123456789\n" * 7)
    (directory / "failed.jsonl").write_bytes(b"a failure\n" * 2)

    for _ in range(2):
        ArtifactShipper(spool).ship_all(job, 1)

    lines = shipped(job, "report").splitlines(keepends=True)
    assert lines[:3] == [b"a failure\n", b"a failure\n", b"123456789\n"]
    assert json.loads(lines[3]) == {"cut": 6, "failed": 0, "message": "the report is cut: 6 more files are not in it"}
    assert len(lines) == 4


@pytest.fixture
def short_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep two chunks of ten bytes from the beginning of a log, and three from its end."""
    monkeypatch.setattr(log_shipper, "CHUNK_BYTES", 10)
    monkeypatch.setattr(log_shipper, "HEAD_CHUNKS", 2)
    monkeypatch.setattr(log_shipper, "TAIL_CHUNKS", 3)


@pytest.mark.usefixtures("short_log")
@pytest.mark.parametrize("step", [1, 7, 10, 25, 200])
def test_of_a_long_log_beginning_and_end_are_kept_and_the_gap_is_told(spool: Spool, step: int) -> None:
    job = given.running()
    log = spool.make(job, 1) / "log"
    text = b"".join(b"line %04d\n" % number for number in range(20))
    for end in range(step, len(text) + step, step):
        log.write_bytes(text[:end])
        ArtifactShipper(spool).ship_log(job, 1)  # another intake each time
    ArtifactShipper(spool).ship_all(job, 1)

    kept = shipped(job, "log")
    assert kept == text[:20] + b"... 150 bytes of the log are left out here ...\n" + text[-30:]


@pytest.mark.usefixtures("short_log")
@pytest.mark.parametrize("step", [1, 7, 25])
def test_a_log_that_has_room_is_whole(spool: Spool, step: int) -> None:
    job = given.running()
    log = spool.make(job, 1) / "log"
    text = b"line 0001\n" * 5
    ship = ArtifactShipper(spool)
    for end in range(step, len(text) + step, step):
        log.write_bytes(text[:end])
        ship.ship_log(job, 1)

    assert shipped(job, "log") == text


def test_an_attempt_without_a_directory_has_nothing_to_ship(spool: Spool) -> None:
    job = given.running()

    ArtifactShipper(spool).ship_all(job, 1)

    assert shipped(job, "log") == b""


PLANTED: dict[str, Callable[[Path, Path], None]] = {
    "fifo": lambda file, _: os.mkfifo(file),
    "symlink": lambda file, secret: file.symlink_to(secret),
    "hard link": lambda file, secret: file.hardlink_to(secret),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_only_plain_files_of_an_attempt_are_read(spool: Spool, tmp_path: Path, kind: str) -> None:
    job = given.running()
    directory = spool.make(job, 1)
    secret = tmp_path / "secret"
    secret.write_text('{"secret": 1}\n')
    names = ("log", "report.jsonl", "entries.jsonl", RESULT_NAME)
    for name in names:
        PLANTED[kind](directory / name, secret)

    ArtifactShipper(spool).ship_all(job, 1)
    with pytest.raises(NotPlain):
        Result.read(directory)

    assert [shipped(job, each) for each in ("report", "result")] == [b"", b""]
    assert b"secret" not in shipped(job, "log")
    assert shipped(job, "log").count(b"not a plain file") == 3


@pytest.mark.parametrize("kind", ["log", "report", "result"])
def test_an_artifact_that_cannot_be_read_is_told_in_the_log_and_the_others_are_shipped(spool: Spool, kind: str) -> None:
    job = given.running()
    directory = spool.make(job, 1)
    files = {"log": LOG_NAME, "report": REPORT_NAME, "result": ENTRIES_NAME}
    for name in files.values():
        (directory / name).write_bytes(b"{}\n")
    broken = directory / files[kind]
    broken.unlink()
    broken.mkdir()
    ship = ArtifactShipper(spool)

    ship.ship_log(job, 1)
    ship.ship_all(job, 1)
    ship.ship_all(job, 1)

    for each in files:
        assert each == kind or shipped(job, each).startswith(b"{}\n")
    assert shipped(job, "log").count(f"could not read the {kind}".encode()) == 1
    assert b"Is a directory" in shipped(job, "log")


def test_a_disk_that_fails_midway_leaves_what_was_read(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    job = given.running()
    directory = spool.make(job, 1)
    (directory / LOG_NAME).write_bytes(b"one\n")
    (directory / REPORT_NAME).write_bytes(b'{"path":"/a"}\n')
    chunks = shipping._chunks

    def fail_midway(file: Path) -> Iterator[bytes]:
        yield from chunks(file)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(shipping, "_chunks", fail_midway)
    ArtifactShipper(spool).ship_all(job, 1)

    assert shipped(job, "report") == b'{"path":"/a"}\n'
    assert b"could not read the report of this attempt, or its rest: Input/output error" in shipped(job, "log")
