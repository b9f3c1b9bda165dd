"""Signs of life, and what a probe makes of them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from avio.admin.probe import INTAKE_SECONDS, probe
from avio.clock import boottime
from avio.errors import Unavailable
from avio.signs import EVERY_SECONDS, SignPost
from supervisor.keeper.readiness import not_ready


def put(directory: Path, name: str, age: float = 0.0, *, pid: int = 7, beside: int | None = None) -> None:
    """Write a sign as a process does that wrote it `age` seconds ago."""
    sign = {"at": boottime() - age, "pid": pid, "not_ready": "", "beside": beside}
    (directory / name).write_text(json.dumps(sign))


def run(directory: Path, *arguments: str) -> Result:
    return CliRunner().invoke(probe, [*arguments, "--signs", str(directory)])


def why(directory: Path, *arguments: str) -> str:
    """Return what a probe that fails says."""
    failed = run(directory, *arguments)
    assert isinstance(failed.exception, Unavailable), failed.output
    return failed.exception.message


def test_a_process_without_a_sign_is_not_alive(tmp_path: Path) -> None:
    assert "keeper gives no sign of life" in why(tmp_path, "supervisor")


def test_what_a_loop_shows_makes_it_alive_and_ready(tmp_path: Path) -> None:
    SignPost(tmp_path / "new", "aggregator").show()

    assert run(tmp_path / "new", "aggregator", "--ready").output == "aggregator is ready\n"


def test_a_process_that_can_t_work_is_alive_and_says_why(tmp_path: Path) -> None:
    SignPost(tmp_path, "aggregator").show("the database does not answer")

    assert run(tmp_path, "aggregator").output == "aggregator is alive; not ready: the database does not answer\n"
    assert why(tmp_path, "aggregator", "--ready") == "aggregator is not ready: the database does not answer"


def test_a_loop_that_stands_still_is_not_alive(tmp_path: Path) -> None:
    put(tmp_path, "aggregator", age=61)

    assert "it is 61 s old, more than 60 s" in why(tmp_path, "aggregator")
    assert run(tmp_path, "aggregator", "--limit", "2m").exit_code == 0


def test_a_supervisor_whose_intake_is_stuck_is_not_alive(tmp_path: Path) -> None:
    put(tmp_path, "keeper", beside=8)
    put(tmp_path, "intake", age=INTAKE_SECONDS + 1, pid=8)

    assert "the last sign of intake" in why(tmp_path, "supervisor")


def test_the_sign_of_an_intake_that_is_gone_says_nothing_of_the_next(tmp_path: Path) -> None:
    put(tmp_path, "keeper", beside=9)
    put(tmp_path, "intake", age=INTAKE_SECONDS + 1, pid=8)

    assert run(tmp_path, "supervisor").exit_code == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"at": "x"}'])
def test_a_file_that_is_no_sign_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "aggregator").write_text(text)

    assert "aggregator gives no sign of life" in why(tmp_path, "aggregator")


def test_a_sign_of_before_the_start_of_the_machine_is_none(tmp_path: Path) -> None:
    put(tmp_path, "aggregator", age=-1000)

    assert "before this machine was started" in why(tmp_path, "aggregator")


def test_a_sign_is_written_again_after_some_seconds_and_at_each_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, post, file = 100.0, SignPost(tmp_path, "keeper"), tmp_path / "keeper"
    monkeypatch.setattr("avio.signs.boottime", lambda: time)
    post.show()
    file.unlink()

    post.show()
    assert not file.exists()
    post.show("the node drains")
    assert json.loads(file.read_text())["not_ready"] == "the node drains"
    file.unlink()
    time += EVERY_SECONDS
    post.show("the node drains")
    assert json.loads(file.read_text())["at"] == time


def test_a_sign_that_can_t_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    SignPost(tmp_path / "file", "keeper").show()


def test_without_the_setting_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    SignPost(None, "keeper").show()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("epoch", "deadline", "drain_until", "words"),
    [
        (None, 200.0, None, "is not registered"),
        (3, 99.0, None, "the lease was not renewed in time, 1 s ago"),
        (3, 200.0, 150.0, "the node drains"),
        (3, 200.0, None, ""),
    ],
)
def test_a_node_is_ready_while_it_has_a_lease_and_takes_jobs(
    epoch: int | None, deadline: float, drain_until: float | None, words: str
) -> None:
    said = not_ready(epoch, deadline, drain_until, 100.0)

    assert bool(said) == bool(words)
    assert words in said
