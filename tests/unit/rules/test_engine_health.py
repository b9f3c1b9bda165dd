"""The members of an engine are asked beside the requests: no request waits for one that hangs."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from avio.engines.members import Member
from avio.errors import EngineAway
from avio.rules import engine_health
from avio.rules.engine_health import EngineHealth
from avio.rules.health import public_message
from tests.processes import wait_until

WAIT = 0.3  # seconds


class Engine:
    """Stands in for an engine with these members."""

    def __init__(self, *members: Member) -> None:
        self._members = members

    def members(self) -> Sequence[Member]:
        return self._members


class Daemon:
    """A member that answers, is away, or hangs until the end of the test."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.away = False
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        self.free.wait(60)
        if self.away:
            raise EngineAway("it is away", cure="start it")


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    made = Daemon()
    yield made
    made.free.set()


def health(*members: Member) -> EngineHealth:
    return EngineHealth(Engine(*members))  # type: ignore[arg-type]  # all that it asks for


def missing(made: EngineHealth) -> list[str]:
    return [member.name for member, _ in made.state(WAIT).missing]


def timed(ask: Callable[[], object]) -> float:
    began = time.monotonic()
    ask()
    return time.monotonic() - began


def test_a_member_that_hangs_keeps_nobody_waiting_and_is_named(daemon: Daemon) -> None:
    daemon.free.clear()
    made = health(Member("mount /a", lambda: None), Member("mount /b", daemon))

    assert timed(lambda: made.state(WAIT)) < 10 * WAIT
    state = made.state(WAIT)
    assert state.serves
    assert [(member.name, error.message[:19]) for member, error in state.missing] == [
        ("mount /b", "it has not answered")
    ]
    assert daemon.calls == 1, "one question at a time"


def test_each_missing_member_is_told_on_a_line_of_its_own() -> None:
    away, other = Daemon(), Daemon()
    away.away = other.away = True
    made = health(Member("mount /a", away), Member("mount /b", other), Member("mount /c", lambda: None))

    lines = public_message(made.state(WAIT)).splitlines()

    assert [("/a" in line, "/b" in line) for line in lines] == [(True, False), (False, True)]


def test_an_answer_is_kept_for_a_while(daemon: Daemon) -> None:
    made = health(Member("m", daemon, vital=True))

    for _ in range(5):
        assert missing(made) == []

    assert daemon.calls == 1


def test_a_member_that_answered_is_late_only_after_a_while(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_health, "FRESH_SECONDS", 0.0)
    made = health(Member("m", daemon, vital=True))
    assert missing(made) == []
    daemon.free.clear()

    assert missing(made) == []
    monkeypatch.setattr(engine_health, "LATE_SECONDS", 0.0)
    assert missing(made) == ["m"]
    assert not made.state(WAIT).serves


def test_each_change_is_logged_once(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(engine_health, "FRESH_SECONDS", 0.0)
    made = health(Member("m", daemon, vital=True))
    daemon.away = True
    for _ in range(3):
        assert missing(made) == ["m"]
    daemon.away = False
    wait_until(lambda: missing(made) == [], 10, "it answers again")

    assert caplog.messages == ["no answer from m: it is away; start it", "m answers again"]


def test_a_check_with_a_defect_counts_as_no_answer() -> None:
    def defect() -> None:
        raise KeyError("x")

    assert missing(health(Member("m", defect))) == ["m"]


def test_a_member_is_asked_again_after_a_moment_without_threads(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    made = health(Member("tier T", daemon))
    with monkeypatch.context() as crowded:
        crowded.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError):
            made.state(WAIT)

    assert missing(made) == []
    assert daemon.calls == 1
