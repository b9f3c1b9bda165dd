"""An intake of a version that was installed beside a running keeper: it says what to do, and takes no job."""

import os
import socket
import subprocess
import sys

import pytest

import avio
from avio.config import Settings
from avio.root import ROOT
from supervisor.intake import intake
from supervisor.intake.intake import Intake
from supervisor.intake.versions import other_keeper
from supervisor.shared.json_lines import encode
from supervisor.shared.messages import Evict, KeeperState, MessageBuffer


class LeftError(Exception):
    """In place of the end of the process."""


def test_a_keeper_of_this_version_is_served() -> None:
    assert other_keeper(avio.__version__) is None


@pytest.mark.parametrize(
    ("first", "named"),
    [
        (encode(KeeperState(3, version="0.0.9")), "it runs avio 0.0.9, and avio"),
        (encode(KeeperState(3)), "it runs another version of avio"),
        (b'{"kind": "KeeperState", "epoch": 3, "moods": []}\n', "it runs another version of avio"),
        (b'{"kind": "Greeting"}\n', "it runs another version of avio"),
    ],
)
def test_a_keeper_of_another_version_is_asked_to_leave(
    first: bytes, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(code: int) -> None:
        raise LeftError(code)

    monkeypatch.setattr(intake.os, "_exit", leave)
    keeper, ours = socket.socketpair()
    with keeper, ours:
        keeper.sendall(first)
        with pytest.raises(LeftError, match="1"):
            Intake(Settings(), ours).run()
        ((message,),) = [list(MessageBuffer().feed(keeper.recv(1 << 16)))]

    assert isinstance(message, Evict)
    assert named in message.leave
    assert "start it again" in message.leave


@pytest.mark.parametrize("more", [[], ["7", "8"]])
def test_a_keeper_that_starts_intake_in_another_way_is_asked_to_leave(more: list[str]) -> None:
    keeper, theirs = socket.socketpair()
    with keeper, theirs:
        command = [sys.executable, "-m", "supervisor.intake", str(theirs.fileno()), *more]
        done = subprocess.run(
            command, cwd=ROOT, pass_fds=[theirs.fileno()], env=dict(os.environ), capture_output=True, timeout=60
        )
        ((message,),) = [list(MessageBuffer().feed(keeper.recv(1 << 16)))]

    assert (done.returncode, done.stderr) == (1, b"")
    assert isinstance(message, Evict)
    assert "start it again" in message.leave
