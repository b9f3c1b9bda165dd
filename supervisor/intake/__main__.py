"""`python -m supervisor.intake FD ENVIRONMENT`: intake, a child of keeper that talks to it over descriptor FD.

It takes its environment, which keeper does not have, from the file of descriptor ENVIRONMENT.
"""

import os
import signal
import socket
import sys
from typing import NoReturn

import avio.startup
from avio.config import load
from avio.db.connection import open_database
from avio.isolation.session import die_with_parent, hide_memory
from avio.log import start_logging
from supervisor.intake.channel import Channel
from supervisor.intake.intake import Intake
from supervisor.intake.versions import other_keeper
from supervisor.shared.environment import adopt
from supervisor.shared.messages import Evict

ARGUMENTS = 3  # with the program: a keeper of another version may give more or fewer


def main() -> None:
    """Run intake over the socket whose descriptor is the first argument."""
    die_with_parent(os.getppid())
    avio.startup.loaded()
    hide_memory()
    if len(sys.argv) != ARGUMENTS:
        _refuse_keeper(int(sys.argv[1]))
    adopt(int(sys.argv[2]))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # keeper decides when it ends
        signal.signal(number, signal.SIG_IGN)
    settings = load()
    start_logging("intake", settings.log_level)
    open_database(settings.database_url, connections=8)
    Intake(settings, socket.socket(fileno=int(sys.argv[1]))).run()


def _refuse_keeper(fd: int) -> NoReturn:
    """Tell a keeper of another version that it has to be started again."""
    Channel(socket.socket(fileno=fd)).send(Evict(leave=other_keeper("") or ""))
    sys.exit(1)


if __name__ == "__main__":
    main()
