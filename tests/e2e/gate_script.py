"""The script of a gate, as init containers and prologs have it, in the shell of a user."""

import os
import subprocess
from pathlib import Path

from tests.e2e.terminal import AVIO, LIMIT, Terminal

SCRIPT = Path(__file__).parent / "programs/gate.sh"


def begin_gate(user: Terminal, path: str, until: str, timeout: str) -> "subprocess.Popen[str]":
    """Start the script of a user who has `avio` on the PATH."""
    environ = user.environ | {"PATH": f"{AVIO.parent}:{os.environ['PATH']}"}
    command = ["sh", str(SCRIPT), path, until, timeout]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def gate_outcome(script: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for the end of a script. Return its code and what it printed."""
    said, _ = script.communicate(timeout=LIMIT)
    return script.returncode, said.strip()
