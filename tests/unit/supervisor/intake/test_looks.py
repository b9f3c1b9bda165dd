"""Intake looks at the cache for all jobs of the node while it has some, into a directory that jobs can only read."""

import socket
import threading
import time
from pathlib import Path

import pytest

import avio
from avio.config import Settings
from avio.errors import EngineAway
from supervisor.intake import intake, looks
from supervisor.intake.looks import NodeLooks
from supervisor.intake.slots import Slots
from supervisor.shared.json_lines import encode
from supervisor.shared.messages import KeeperState
from supervisor.shared.spool import Spool, make_spool


class Ended(BaseException):
    """Ends the loop of a thread that runs for ever."""


class Sharing:
    """An engine whose looks take turns: a text is written, an error is raised. Then the loop ends."""

    shares_looks = True

    def __init__(self, *turns: str | Exception) -> None:
        self.turns = [*turns]

    def look(self, file: Path) -> float:
        if not self.turns:
            raise Ended
        turn = self.turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        file.write_text(turn)
        return 0.0


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return make_spool(tmp_path / "spool")


def node(engine: Sharing, slots: Slots, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> NodeLooks:
    monkeypatch.setattr(looks, "open_engine", lambda _: engine)
    monkeypatch.setattr(looks, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(looks, "IDLE_SECONDS", 0.01)
    return NodeLooks(Settings(), slots, spool)


def test_what_an_earlier_intake_saw_is_gone_and_jobs_may_enter(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.looks.parent.mkdir(mode=0o700)
    spool.looks.write_text("of another cluster")

    made = node(Sharing(), Slots(1), spool, monkeypatch)

    assert made.needed
    assert not spool.looks.exists()
    assert spool.looks.parent.stat().st_mode & 0o777 == 0o755


def test_an_intake_that_is_faster_than_keeper_waits_for_the_spool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(_settings: Settings, _slots: Slots, spool: Spool, _timed: object) -> NodeLooks:
        raise Ended(spool.root.is_dir())

    monkeypatch.setattr(intake, "NodeLooks", begin)
    settings = Settings(node="n1", spool=tmp_path / "spool")
    keeper, ours = socket.socketpair()
    with keeper, ours:
        began = intake.Intake(settings, ours)
        make_spool(settings.spool / settings.node)
        keeper.sendall(encode(KeeperState(None, version=avio.__version__)))

        with pytest.raises(Ended, match="True"):
            began.run()


def test_an_engine_without_looks_has_a_directory_for_keeps(spool: Spool) -> None:
    assert not NodeLooks(Settings(), Slots(1), spool).needed
    assert spool.looks.parent.stat().st_mode & 0o777 == 0o755
    assert not spool.looks.exists()


def test_a_spool_that_refuses_the_directory_costs_the_looks_alone(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.looks.parent.write_text("a file is in the way")

    assert not node(Sharing(), Slots(1), spool, monkeypatch).needed


def test_it_looks_while_there_are_jobs_and_goes_on_after_any_error(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = Slots(1)
    engine = Sharing("first", EngineAway("the master is away"), KeyError("workers"), "last")
    made = node(engine, slots, spool, monkeypatch)

    def run() -> None:
        with pytest.raises(Ended):
            made.run()

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.1)
    assert len(engine.turns) == 4  # nobody needs a look

    slots.assign("job", 1)
    thread.join(10)

    assert (engine.turns, spool.looks.read_text()) == ([], "last")


def test_no_attempt_is_found_in_the_directory_of_the_looks(spool: Spool) -> None:
    spool.make_looks()
    spool.make("job", 1)

    assert spool.found() == [("job", 1)]
