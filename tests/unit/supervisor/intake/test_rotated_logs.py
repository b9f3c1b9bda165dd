"""A log that keeper rotates is shipped once and whole, whenever it is shipped and by whichever intake."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from peewee import OperationalError

from avio.db import artifacts
from supervisor.intake import log_files, log_shipper
from supervisor.intake.artifacts import ArtifactShipper
from supervisor.keeper import job_log
from supervisor.keeper.job_log import JobLog
from supervisor.shared.spool import make_spool, rotated
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("tables")


class Logged:
    """An attempt whose log is written as keeper writes it, and rotated after 20 bytes."""

    def __init__(self, home: Path) -> None:
        self.spool = make_spool(home / "spool")
        self.job = given.running()
        directory = self.spool.make(self.job, 1)
        self.file = directory / "log"
        pipe, self._in = os.pipe()
        os.set_blocking(pipe, False)
        self.log = JobLog(directory, pipe)
        self.text = b""

    def close(self) -> None:
        self.log.close()
        os.close(self._in)

    def write(self, text: bytes) -> None:
        os.write(self._in, text)
        assert self.log.pump()
        self.text += text

    def write_lines(self, count: int) -> None:
        for _ in range(count):
            self.write(b"line %04d\n" % len(self.text))

    def shipped(self) -> bytes:
        return b"".join(artifacts.read(self.job, 1, "log"))


@pytest.fixture
def logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logged]:
    monkeypatch.setattr(job_log, "ROTATE_BYTES", 20)
    monkeypatch.setattr(log_shipper, "TAIL_BYTES", 15)
    made = Logged(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("again", [True, False], ids=["another intake", "the same intake"])
@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 6])
def test_a_log_is_shipped_once_and_whole_over_its_rotations(logged: Logged, step: int, again: bool) -> None:
    shipper = ArtifactShipper(logged.spool)
    for _ in range(12):
        logged.write_lines(step)
        shipper = ArtifactShipper(logged.spool) if again else shipper
        shipper.ship_log(logged.job, 1)
        shipper.ship_log(logged.job, 1)
        assert logged.shipped() == logged.text


def test_lines_that_repeat_are_shipped_once_each(logged: Logged) -> None:
    for _ in range(7):
        logged.write(b"one\n")
        ArtifactShipper(logged.spool).ship_log(logged.job, 1)
    assert logged.shipped() == logged.text


def test_a_poll_after_the_end_ships_nothing_and_keeps_nothing(logged: Logged) -> None:
    shipper = ArtifactShipper(logged.spool)
    logged.write_lines(1)
    shipper.ship_log(logged.job, 1)
    logged.write_lines(2)
    shipper.ship_all(logged.job, 1)
    files = len(os.listdir("/proc/self/fd"))
    for ship in (shipper.ship_log, shipper.ship_all, shipper.ship_log):
        ship(logged.job, 1)
    assert logged.shipped() == logged.text
    assert len(os.listdir("/proc/self/fd")) == files


def test_the_log_of_an_attempt_that_went_away_is_closed(logged: Logged) -> None:
    shipper = ArtifactShipper(logged.spool)
    logged.write_lines(1)
    files = len(os.listdir("/proc/self/fd"))
    shipper.ship_log(logged.job, 1)
    logged.spool.remove(logged.job, 1)
    shipper.ship_all(given.running(), 1)
    assert len(os.listdir("/proc/self/fd")) == files


@pytest.mark.parametrize("again", [True, False], ids=["another intake", "the same intake"])
def test_of_files_that_are_gone_nothing_else_is_missing_and_the_cut_is_told(logged: Logged, again: bool) -> None:
    shipper = ArtifactShipper(logged.spool)
    logged.write_lines(2)
    shipper.ship_log(logged.job, 1)
    logged.write_lines(20)
    shipper = ArtifactShipper(logged.spool) if again else shipper
    shipper.ship_log(logged.job, 1)  # three files of two lines are there
    logged.write_lines(3)
    shipper = ArtifactShipper(logged.spool) if again else shipper
    shipper.ship_log(logged.job, 1)
    had = 20 if again else 40  # the same intake has a removed file open, and reads it to its end
    lost = b"... %d bytes of the log are lost here: it grew faster than it was stored ...\n" % (160 - had)
    assert logged.shipped() == logged.text[:had] + lost + logged.text[-90:]


def test_a_rotation_while_the_files_are_opened_hides_none(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    logged.write_lines(3)
    monkeypatch.setattr(log_files, "rotated", _rotating(logged))
    ArtifactShipper(logged.spool).ship_log(logged.job, 1)
    ArtifactShipper(logged.spool).ship_log(logged.job, 1)
    assert logged.shipped() == logged.text


def _rotating(logged: Logged) -> Callable[[Path, int], Path]:
    """Return `rotated`; at its first call keeper rotates the log."""

    def rotate_once(file: Path, number: int) -> Path:
        if len(logged.text) == 30:
            logged.write_lines(1)
        return rotated(file, number)

    return rotate_once


@pytest.mark.parametrize("again", [True, False], ids=["another intake", "the same intake"])
def test_after_an_error_of_the_database_no_chunk_is_shipped_twice(
    logged: Logged, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    monkeypatch.setattr(log_shipper, "CHUNK_BYTES", 10)
    shipper = ArtifactShipper(logged.spool)
    shipper.ship_log(logged.job, 1)
    logged.write_lines(5)
    add = artifacts.add

    def break_at_third(job: str, attempt: int, kind: str, no: int, text: bytes) -> None:
        if no == 3:
            raise OperationalError("the database is unavailable")
        add(job, attempt, kind, no, text)

    with monkeypatch.context() as broken:
        broken.setattr(artifacts, "add", break_at_third)
        with pytest.raises(OperationalError, match="unavailable"):
            shipper.ship_log(logged.job, 1)
    (ArtifactShipper(logged.spool) if again else shipper).ship_log(logged.job, 1)
    assert logged.shipped() == logged.text
