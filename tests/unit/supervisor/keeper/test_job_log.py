"""The log of an attempt: what is in the pipe gets into the file, and the file does not grow for ever."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.keeper import job_log
from supervisor.keeper.job_log import JobLog
from supervisor.shared.spool import KEPT_FILES, note_removed, removed, rotated


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    os.set_blocking(read, False)
    yield read, write
    os.close(write)


def test_what_is_written_gets_into_the_file(tmp_path: Path, pipe: tuple[int, int]) -> None:
    log = JobLog(tmp_path, pipe[0])
    assert not log.pump()

    os.write(pipe[1], b"hello\n")
    assert log.pump()
    os.write(pipe[1], b"and good bye\n")
    log.close()

    assert (tmp_path / "log").read_bytes() == b"hello\nand good bye\n"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_long_log_is_rotated_and_the_oldest_part_goes(
    tmp_path: Path, pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_log, "ROTATE_BYTES", 10)
    log = JobLog(tmp_path, pipe[0])

    for number in range(7):
        os.write(pipe[1], b"line %d....\n" % number)
        log.pump()
    os.write(pipe[1], b"last\n")
    log.close()

    file = tmp_path / "log"
    kept = [file, *(rotated(file, number) for number in range(1, KEPT_FILES))]
    assert sorted(tmp_path.iterdir()) == sorted([*kept, tmp_path / "removed.log"])
    assert removed(file) == 4 * len(b"line 0....\n")
    assert [one.read_bytes()[:6] for one in kept] == [b"last\n", b"line 6", b"line 5", b"line 4"]


@pytest.mark.parametrize("name", ["log", "log.1"])
def test_a_job_that_plants_something_at_a_name_of_its_log_ends_no_keeper(
    tmp_path: Path, pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(job_log, "ROTATE_BYTES", 10)
    outside = tmp_path / "outside"
    outside.touch()
    directory = tmp_path / "attempt"
    directory.mkdir()
    log = JobLog(directory, pipe[0])
    (directory / name).unlink(missing_ok=True)
    (directory / name).symlink_to(outside) if name == "log" else (directory / name).mkdir()

    for number in range(3):
        os.write(pipe[1], b"line %d....\n" % number)
        assert log.pump()
        (directory / "log").unlink(missing_ok=True)
        (directory / "log").symlink_to(outside)
    log.close()

    assert outside.read_bytes() == b""


@pytest.mark.parametrize("name", ["removed.log", "removed.log.new"])
def test_a_job_that_links_a_file_to_a_name_of_keepers_changes_nothing_in_it(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"of root alone")
    directory = tmp_path / "attempt"
    directory.mkdir()
    (directory / name).hardlink_to(outside)

    note_removed(directory / "log", 7)

    assert outside.read_bytes() == b"of root alone"
    assert removed(directory / "log") == 7
