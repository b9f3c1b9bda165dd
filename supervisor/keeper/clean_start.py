"""Starts the supervisor's program anew, as keeper: without the URLs of database and Redis in environment and memory.

Job processes are copies of keeper. They can't leak what keeper never had. Only intake gets the whole environment.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from avio.config import Settings, given, load
from supervisor.child.confinement import KEPT
from supervisor.keeper.intake_process import SEND_SECONDS, Launched, launch
from supervisor.shared.environment import keep, read_memory, write_memory

# The variable with the descriptor of what the first start hands to the second.
HANDED = "AVIO_HANDED_OVER"

# What keeper and its job processes must not have: URLs and secrets. A job has the URL of its order alone.
URLS = ("database_url", "redis_url", "executor_redis_url", "metrics_token")

# Variables of the interpreter and the loader, and what tells where files go.
ALSO_KEPT = ("HOME", "TMPDIR")
KEPT_PREFIXES = ("PYTHON", "LD_", "MALLOC_")


class Handed(NamedTuple):
    """What keeper gets from the start before: its settings, without `URLS`, and the intake that was started."""

    settings: Settings
    intake: Launched


def begin_anew() -> NoReturn:
    """Check the settings, start intake, and replace this program by itself. Raises SettingsError."""
    load()
    settings = {name: value for name, value in given(dict(os.environ)).items() if name not in URLS}
    clean = harmless(os.environ)
    intake = launch(keep(os.environ), clean)
    os.set_inheritable(intake.channel.fileno(), True)
    handed = {
        "settings": settings,
        "pid": intake.pid,
        "channel": intake.channel.fileno(),
        "environment": intake.environment,
    }
    clean[HANDED] = str(write_memory("avio-settings", json.dumps(handed)))
    os.execve(sys.executable, sys.orig_argv, clean)  # noqa: S606 - the same program


def handed_over() -> Handed | None:
    """Return what the first start has left, or None if this is the first."""
    if HANDED not in os.environ:
        return None
    handed: dict[str, Any] = json.loads(read_memory(int(os.environ.pop(HANDED))))
    channel = socket.socket(fileno=handed["channel"])
    channel.set_inheritable(False)
    channel.settimeout(SEND_SECONDS)
    return Handed(Settings(**handed["settings"]), Launched(handed["pid"], channel, handed["environment"]))


def harmless(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what keeper needs of the environment of the supervisor."""
    names = {*KEPT, *ALSO_KEPT}
    return {name: text for name, text in environ.items() if name in names or name.startswith(KEPT_PREFIXES)}
