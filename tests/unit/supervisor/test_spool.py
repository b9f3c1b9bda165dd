"""The attempt directories of a node."""

from pathlib import Path

from supervisor.spool import Spool


def test_an_attempt_has_a_directory_for_its_owner_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool" / "n1")

    directory = spool.make("JOB", 2)

    assert directory == spool.directory("JOB", 2)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert spool.make("JOB", 2) == directory


def test_what_is_found_are_the_attempts_and_nothing_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.make("JOB", 1)
    spool.make("JOB", 12)
    (tmp_path / "notes").mkdir()
    (tmp_path / "JOB.old").mkdir()
    (tmp_path / "JOB.3").write_text("a file")

    assert sorted(spool.found()) == [("JOB", 1), ("JOB", 12)]


def test_a_directory_goes_with_all_in_it_and_twice_is_no_fault(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    (spool.make("JOB", 1) / "deep").mkdir()

    spool.remove("JOB", 1)
    spool.remove("JOB", 1)

    assert spool.found() == []
