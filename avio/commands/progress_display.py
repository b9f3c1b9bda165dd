"""What is shown while a job is followed: a bar, lines, JSON, or nothing."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TextIO

import click

from avio.client import ClientError
from avio.client.shapes import JobInfo
from avio.commands import progress_text
from avio.terminal.cells import UNKNOWN, clock, percent, printable, size
from avio.terminal.clipping import keep_ends
from avio.terminal.json_output import print_json
from avio.terminal.live import BOLD, GREY, RED, Line, Live
from avio.terminal.widths import cell_len
from avio.wire.states import TERMINAL

LINE_SECONDS = 30.0
BAR_WIDTH = 30  # where no terminal has an edge
BAR_LEAST, BAR_MOST = 10, 60
SUBJECT_LEAST = 8  # cells of a path that are shown, however narrow the window
DONE, REST = "━", "─"


class Display:
    """Shows nothing; the others show more. Entered for as long as the job is followed."""

    latest: JobInfo | None = None
    trouble: str = ""  # why there are no news
    _since: str = ""  # and since when

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        pass

    def lost(self, error: ClientError) -> None:
        """Take note that the event stream broke; most displays say nothing before the server has been asked again."""

    def show(self, job: JobInfo) -> None:
        """Take note of where the job stands, and draw it."""
        self.latest, self.trouble, self._since = job, "", ""
        self.draw(job)

    def no_news(self, error: ClientError) -> None:
        """Take note that the server does not answer; it is asked again."""
        self._since = self._since or clock(datetime.now(UTC))
        self.trouble = printable(f"no news since {self._since}, trying again: {error.message}")

    def draw(self, job: JobInfo) -> None:
        """Draw the job; nothing here."""


class Json(Display):
    """A JobInfo a line, at every change."""

    _printed: JobInfo | None = None

    def draw(self, job: JobInfo) -> None:
        """Print the job, unless it stands as before."""
        if job != self._printed:
            print_json(job)
        self._printed = job


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
    """A few lines that are drawn anew in place, twice a second; the last ones stay.

    They turn grey, and say why, as soon as the server is gone, until it tells more.
    """

    def __init__(self, stream: TextIO) -> None:
        self._live = Live(stream, self._lines)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._live.stop()

    def lost(self, error: ClientError) -> None:
        """Show it at once."""
        self.no_news(error)

    def _lines(self, columns: int | None) -> list[Line]:
        return [] if self.latest is None else frame(self.latest, self.trouble, columns)


def frame(job: JobInfo, trouble: str = "", columns: int | None = None) -> list[Line]:
    """Return what the bar shows: what it is, the bytes, the files, the errors; the first two fit into `columns`.

    While `trouble` keeps news away, speed and rest are not known, and what is shown is grey.
    """
    lines = _frame(job, trouble, columns)
    return [*(Line(line.text, GREY) for line in lines), Line(trouble, BOLD)] if trouble else lines


def _frame(job: JobInfo, trouble: str, columns: int | None) -> list[Line]:
    figures = job["progress"]
    before, failed = figures["skipped"]["files"], figures["failed"]["files"]
    shared = f" · {others} moved by other jobs" if (others := progress_text.shared_of(job)["files"]) else ""
    kept = f" · {figures['kept']['files']} kept" if figures["kept"]["files"] else ""
    files = f"{progress_text.files_of(job)} files · {before} already in place{shared}{kept} · {failed} failed"
    notes = [Line(text) for text in (progress_text.waits_for(job), progress_text.waits_of(job)) if text]
    errors = [Line(f"! {text}", RED) for text in progress_text.errors_of(job)]
    return [Line(_head(job, columns), BOLD), Line(_bar(job, trouble, columns)), Line(files), *notes, *errors]


def _head(job: JobInfo, columns: int | None) -> str:
    """Return what the job is and how it stands; of a long path the ends alone."""
    before = printable(f"{progress_text.kind(job)} {job['id']}  ")
    after = printable(f"  {job['status']} {progress_text.elapsed(job)}")
    subject = progress_text.subject(job)
    if columns is not None:
        subject = keep_ends(subject, max(SUBJECT_LEAST, columns - len(before) - len(after)))
    return before + subject + after


def _bar(job: JobInfo, trouble: str, columns: int | None) -> str:
    """Return the bar with its figures: as many words and as long a bar as `columns` hold."""
    for is_short in (False, True):
        figures = "  ".join(_figures(job, trouble, is_short=is_short))
        room = BAR_WIDTH if columns is None else columns - 2 - cell_len(figures)
        if room >= BAR_LEAST:
            break
    width = min(BAR_MOST, max(BAR_LEAST, room))
    done = int(width * min(job["progress"]["percent"] or 0, 100) / 100)
    return f"{DONE * done}{REST * (width - done)}  {figures}"


def _figures(job: JobInfo, trouble: str, *, is_short: bool) -> Iterator[str]:
    """Yield percent, bytes, speed and rest of the time; of the short ones none explains itself."""
    figures = job["progress"]
    if progress_text.is_listed(job):
        yield percent(figures["percent"])
    yield progress_text.bytes_of(job, is_short=is_short)
    if job["status"] not in TERMINAL:
        yield f"{UNKNOWN if trouble else size(figures['speedBps'])}/s"
        yield f"ETA {UNKNOWN if trouble else progress_text.eta(job, is_short=is_short)}"


def choose(how: str, stream: TextIO) -> Display:
    """Return the display for the `--progress` option, drawing on `stream`."""
    if how == "auto":
        how = "bar" if stream.isatty() else "lines"
    makers: dict[str, Callable[[TextIO], Display]] = {"bar": Bar, "lines": Lines}
    return makers[how](stream) if how in makers else Display()
