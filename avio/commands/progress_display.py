"""What is shown while a job is followed: a bar, lines, JSON, or nothing."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TextIO

import click

from avio.client import ClientError
from avio.client.shapes import JobInfo
from avio.commands import progress_text
from avio.terminal.cells import UNKNOWN, clock, percent, printable, size
from avio.terminal.json_output import print_json
from avio.terminal.live import BOLD, RED, Line, Live
from avio.wire.states import TERMINAL

LINE_SECONDS = 30.0
BAR_WIDTH = 30
DONE, REST = "━", "─"


class Display:
    """Shows nothing; the others show more. Entered for as long as the job is followed."""

    latest: JobInfo | None = None
    trouble: str = ""  # why there are no news

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        pass

    def show(self, job: JobInfo) -> None:
        """Take note of where the job stands, and draw it."""
        self.latest, self.trouble = job, ""
        self.draw(job)

    def no_news(self, error: ClientError) -> None:
        """Take note that the server does not answer; it is asked again."""
        self.trouble = self.trouble or printable(
            f"no news since {clock(datetime.now(UTC))}, trying again: {error.message}"
        )

    def draw(self, job: JobInfo) -> None:
        """Draw the job; nothing here."""


class Json(Display):
    """A JobInfo a line, at every change."""

    def draw(self, job: JobInfo) -> None:
        """Print the job."""
        print_json(job)


class Lines(Display):
    """A line at each new state or phase, when a wait begins or ends, and every 30 s in between."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._standing: tuple[str | None, ...] | None = None
        self._due = 0.0

    def no_news(self, error: ClientError) -> None:
        """Print the trouble once."""
        if not self.trouble:
            super().no_news(error)
            click.echo(self.trouble, file=self._stream)

    def draw(self, job: JobInfo) -> None:
        """Print the line if it is time for one."""
        waiting = job.get("waiting")
        standing = (job["status"], job["phase"], waiting["reason"] if waiting else None)
        if standing != self._standing or time.monotonic() >= self._due:
            click.echo(progress_text.line(job), file=self._stream)
            self._standing, self._due = standing, time.monotonic() + LINE_SECONDS


class Bar(Display):
    """A few lines that are drawn anew in place, twice a second; the last ones stay."""

    def __init__(self, stream: TextIO) -> None:
        self._live = Live(stream, self._lines)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._live.stop()

    def _lines(self) -> list[Line]:
        return [] if self.latest is None else frame(self.latest, self.trouble)


def frame(job: JobInfo, trouble: str = "") -> list[Line]:
    """Return what the bar shows: what it is, the bytes, the files, the errors.

    While `trouble` keeps news away, speed and rest are not known.
    """
    figures = job["progress"]
    what = f"{progress_text.kind(job)} {job['id']}  {progress_text.subject(job)}"
    head = printable(f"{what}  {job['status']} {progress_text.elapsed(job)}")
    before, failed = figures["skipped"]["files"], figures["failed"]["files"]
    shared = f" · {others} moved by other jobs" if (others := progress_text.shared_of(job)["files"]) else ""
    kept = f" · {figures['kept']['files']} kept" if figures["kept"]["files"] else ""
    files = f"{progress_text.files_of(job)} files · {before} already in place{shared}{kept} · {failed} failed"
    notes = [Line(text) for text in (progress_text.waits_for(job), progress_text.waits_of(job), trouble) if text]
    errors = [Line(f"! {text}", RED) for text in progress_text.errors_of(job)]
    return [Line(head, BOLD), Line(_bar(job, trouble)), Line(files), *notes, *errors]


def _bar(job: JobInfo, trouble: str) -> str:
    figures = job["progress"]
    listed, ended = progress_text.is_listed(job), job["status"] in TERMINAL
    done = int(BAR_WIDTH * min(figures["percent"] or 0, 100) / 100)
    parts = [
        DONE * done + REST * (BAR_WIDTH - done),
        percent(figures["percent"]) if listed else "",
        progress_text.bytes_of(job),
        "" if ended else f"{UNKNOWN if trouble else size(figures['speedBps'])}/s",
        "" if ended else f"ETA {UNKNOWN if trouble else progress_text.eta(job)}",
    ]
    return "  ".join(part for part in parts if part)


def choose(how: str, stream: TextIO) -> Display:
    """Return the display for the `--progress` option, drawing on `stream`."""
    if how == "auto":
        how = "bar" if stream.isatty() else "lines"
    makers: dict[str, Callable[[TextIO], Display]] = {"bar": Bar, "lines": Lines}
    return makers[how](stream) if how in makers else Display()
