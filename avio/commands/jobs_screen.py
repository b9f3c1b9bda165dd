"""`avio jobs -w`: the table of jobs, drawn anew in place until Ctrl-C."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TextIO

from avio.client import ClientError
from avio.client.shapes import JobInfo
from avio.client.transport import is_temporary
from avio.commands.job_columns import columns
from avio.terminal.cells import printable, time_of_day
from avio.terminal.clipping import keep_start
from avio.terminal.live import BOLD, GREY, Line, Live
from avio.terminal.tables import laid_out

LOOK_SECONDS = 2.0
LOAD = 5  # a look at the jobs takes at most so small a part of the time
MOST_PAUSE_SECONDS = 30.0

Look = Callable[[], tuple[Sequence[JobInfo], dict[str, str]]]


class Screen:
    """The jobs as they stood at the last look, and since when there are no news."""

    def __init__(self) -> None:
        self._jobs: Sequence[JobInfo] = ()
        self._users: dict[str, str] = {}
        self._looked = ""
        self._trouble = ""
        self._room = 80

    def show(self, jobs: Sequence[JobInfo], users: dict[str, str]) -> None:
        """Take a look's answer."""
        self._jobs, self._users, self._trouble = jobs, users, ""
        self._looked = time_of_day(datetime.now(UTC).isoformat())

    def no_news(self, error: ClientError) -> None:
        """Take note that the server does not answer; it is asked again."""
        since = self._looked or "the start"
        self._trouble = printable(f"no news since {since}, trying again: {error.message}")

    def lines(self, room: int | None) -> list[Line]:
        """Return the heading and the table; grey below the trouble while there is one. The last ones fit, too."""
        if not self._looked and not self._trouble:
            return []
        self._room = room or self._room
        table = laid_out(columns(self._users), self._jobs, self._room)
        count = f"{len(self._jobs)} job{'' if len(self._jobs) == 1 else 's'} at {self._looked}; Ctrl-C ends this"
        head = self._trouble or count
        rows = [table.heading(), *map(table.line, self._jobs)]
        return [
            Line(keep_start(head, self._room), BOLD),
            *(Line(row, GREY if self._trouble else "") for row in rows),
        ]


def watch_jobs(look: Look, stream: TextIO, *, rest: Callable[[float], None] = time.sleep) -> None:
    """Draw the jobs until Ctrl-C, also while the server is gone. Errors that do not pass by themselves are raised."""
    screen = Screen()
    live = Live(stream, screen.lines)
    live.start()
    try:
        while True:
            began, pause = time.monotonic(), LOOK_SECONDS
            try:
                screen.show(*look())
                pause = min(MOST_PAUSE_SECONDS, max(pause, LOAD * (time.monotonic() - began)))
            except ClientError as error:
                if not is_temporary(error):
                    raise
                screen.no_news(error)
            rest(pause)
    finally:
        live.stop()
