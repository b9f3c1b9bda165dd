"""The home directory of `up`: its first settings, its lock, its bounded logs."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from avio.admin import log_files
from avio.admin.home import LOCK, Home
from avio.config import load
from avio.errors import BadRequest, Conflict
from avio.undecoded import readable


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / 'a "home" of ours')
    made.prepare()
    return made


def test_the_first_settings_hold_and_point_into_the_home(home: Home) -> None:
    assert home.write_first_config()

    settings = load({"AVIO_CONFIG": str(home.config)})

    assert settings.tiers[0].path == home.directory / "cache"
    assert settings.mounts["/data"].url == (home.directory / "bucket").as_uri()
    assert settings.tiers[0].path.is_dir()


def test_a_home_with_any_character_has_settings_that_hold(tmp_path: Path) -> None:
    made = Home(tmp_path / 'a\nb\tc\x01d\x7f"\\e')
    made.prepare()
    made.write_first_config()

    settings = load({"AVIO_CONFIG": str(made.config)})

    assert settings.tiers[0].path == made.directory / "cache"


@pytest.mark.parametrize("name", ["file", "file/below", "x" * 300, "/proc/x", "/dev/null", os.fsdecode(b"\xff")])
def test_what_can_not_be_a_home_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BadRequest, match="the home") as refused:
        Home(tmp_path / name).prepare()

    assert readable(str(tmp_path / name)) in refused.value.message
    assert "--home" in str(refused.value.cure)


def test_a_home_whose_files_are_directories_is_refused(home: Home) -> None:
    home.directory.joinpath(*LOCK).mkdir()
    (home.directory / "cache").touch()

    with pytest.raises(BadRequest, match=r"run/up\.pid: Is a directory"), home.lock():
        pass
    with pytest.raises(BadRequest, match="cache: File exists"):
        home.write_first_config()


def test_settings_that_are_there_are_never_written_over(home: Home) -> None:
    home.config.write_text("slots = 7\n")

    assert not home.write_first_config()
    assert home.config.read_text() == "slots = 7\n"


def test_the_home_is_closed_to_other_users(home: Home) -> None:
    assert {path.stat().st_mode & 0o777 for path in (home.directory, home.run, home.logs)} == {0o700}
    assert not home.spool.exists(), "keeper makes it, and knows whether another user enters it"


def test_a_second_holder_is_refused_with_the_pid_of_the_first(home: Home) -> None:
    with home.lock(), pytest.raises(Conflict, match=rf"pid {os.getpid()}\)"), home.lock():
        pass


def test_the_lock_is_free_again_when_its_holder_was_killed(home: Home) -> None:
    # Given a process that holds the home and is killed
    hold = (
        "import sys, pathlib; from avio.admin.home import Home\n"
        "with Home(pathlib.Path(sys.argv[1])).lock(): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, home.directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Conflict), home.lock():
            pass
        holder.kill()

    # Then the next one has it
    with home.lock():
        assert (home.run / "up.pid").read_text() == f"{os.getpid()}\n"


def test_the_lock_leaves_no_file_and_one_that_was_removed_is_no_lock(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, flock = home.run / "up.pid", fcntl.flock
    with home.lock():
        pass
    assert not file.exists()

    def lock_what_is_removed(*given: int) -> None:
        flock(*given)
        monkeypatch.setattr(fcntl, "flock", flock)
        file.unlink()

    monkeypatch.setattr(fcntl, "flock", lock_what_is_removed)
    with home.lock():
        assert file.read_text() == f"{os.getpid()}\n"
        with pytest.raises(Conflict), home.lock():
            pass
    assert not file.exists()


def test_a_log_that_grew_too_large_is_cut_while_its_writer_goes_on(home: Home) -> None:
    log = home.log("web")
    with open(log, "ab", buffering=0) as writer:
        writer.write(b"old line\n" * 20)

        log_files.trim(home.logs, limit=100)
        writer.write(b"new line\n")

    assert log.read_bytes() == b"new line\n"
    assert log.with_name("web.log.1").read_bytes() == b"old line\n" * 20


def test_the_last_error_of_a_log_is_found_whole_and_none_behind_other_lines(home: Home) -> None:
    log = home.log("supervisor")
    assert log_files.last_error(log) == ""

    log.write_text("starting\nerror: old\nerror: job_user: x\n  try: y\n")
    assert log_files.last_error(log) == "error: job_user: x\n  try: y"

    log.write_text("error: old\nTraceback\n")
    assert log_files.last_error(log) == ""


def test_the_tail_of_a_log_is_its_last_lines(home: Home) -> None:
    home.log("web").write_text("".join(f"line {number}\n" for number in range(5000)))

    assert log_files.tail(home.log("web"), lines=2) == "line 4998\nline 4999"
    assert log_files.tail(home.log("nobody")) == ""
