"""The attempt directories of a node."""

import socket
from pathlib import Path

from avio.config import Settings
from supervisor.intake.intake import Intake
from supervisor.shared.spool import make_spool


def test_an_attempt_has_a_directory_for_its_owner_alone(tmp_path: Path) -> None:
    spool = make_spool(tmp_path / "spool" / "n1")

    directory = spool.make("JOB", 2)

    assert directory == spool.directory("JOB", 2)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert spool.make("JOB", 2) == directory


def test_what_is_found_are_the_attempts_and_nothing_else(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    spool.make("JOB", 1)
    spool.make("JOB", 12)
    (tmp_path / "notes").mkdir()
    (tmp_path / "JOB.old").mkdir()
    (tmp_path / "JOB.3").write_text("a file")

    assert sorted(spool.found()) == [("JOB", 1), ("JOB", 12)]


def test_a_directory_goes_with_all_in_it_and_twice_is_no_fault(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    (spool.make("JOB", 1) / "deep").mkdir()

    spool.remove("JOB", 1)
    spool.remove("JOB", 1)

    assert spool.found() == []


def test_an_intake_that_is_faster_than_keeper_makes_no_spool(tmp_path: Path) -> None:
    keeper, ours = socket.socketpair()
    with keeper, ours:
        Intake(Settings(spool=tmp_path / "spool"), ours)
    assert not (tmp_path / "spool").exists(), "keeper alone knows whether jobs of another user enter it"
