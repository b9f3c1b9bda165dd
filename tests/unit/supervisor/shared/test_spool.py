"""The attempt directories of a node."""

import os
import socket
from pathlib import Path

import pytest

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


def test_the_next_attempt_of_a_job_that_goes_on_has_what_was_listed(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    first = spool.begin("JOB", 1)
    assert list(first.iterdir()) == []
    for name in ("listing", "worklist"):
        (first / name).write_text(name)
    spool.begin("OTHER", 1)

    spool.remove("JOB", 1, goes_on=True)
    spool.remove("OTHER", 1, goes_on=True)
    assert spool.found() == []
    assert [each.job for each in spool.kept.found()] == ["JOB"]
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    second = spool.begin("JOB", 2)

    assert [file.name for file in second.iterdir()] == ["listing"]
    assert (second / "listing").read_text() == "listing"
    assert list(spool.kept.found()) == []


def test_of_a_job_that_has_ended_nothing_is_kept(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    (spool.begin("JOB", 1) / "listing").write_text("all")

    spool.remove("JOB", 1)

    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("kind", ["symlink", "directory", "fifo"])
def test_what_is_no_plain_file_is_not_kept(tmp_path: Path, kind: str) -> None:
    spool = make_spool(tmp_path)
    listing = spool.make("JOB", 1) / "listing"
    if kind == "symlink":
        listing.symlink_to("/etc/passwd")
    elif kind == "directory":
        listing.mkdir()
    else:
        os.mkfifo(listing)

    spool.remove("JOB", 1, goes_on=True)

    assert list(spool.kept.found()) == []
    assert spool.found() == []


def test_a_listing_that_can_not_be_kept_or_handed_over_is_given_up(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    (tmp_path / "kept").write_text("no directory")
    (spool.make("JOB", 1) / "listing").write_text("all")

    spool.remove("JOB", 1, goes_on=True)
    assert spool.found() == []
    assert list(spool.begin("JOB", 2).iterdir()) == []


def test_an_intake_that_is_faster_than_keeper_makes_no_spool(tmp_path: Path) -> None:
    keeper, ours = socket.socketpair()
    with keeper, ours:
        Intake(Settings(spool=tmp_path / "spool"), ours)
    assert not (tmp_path / "spool").exists(), "keeper alone knows whether jobs of another user enter it"
