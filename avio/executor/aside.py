"""Entries that wait for the end of earlier jobs: put aside on disk while the others are moved, then given again.

Runs in the job process. Memory stays flat however many there are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from avio.engines.awaited import Awaited
from avio.engines.base import Entry, EntryState
from avio.executor.attempt import Attempt
from avio.executor.feed import Feed
from avio.executor.worklist import Worklist

WAIT_SECONDS = 3600.0  # between two lines of the log; intake says when a job has ended, or this attempt's lease does


class Aside:
    """The entries of one transfer that are put aside."""

    def __init__(self, attempt: Attempt, directory: Path) -> None:
        self._attempt, self._directory = attempt, directory
        self._list: Worklist | None = None
        self._lists = 0
        self._first: Entry | None = None

    def others(self, feed: Feed, entries: Iterable[Entry | None]) -> Iterator[Entry | None]:
        """Yield what this job is to move now of the `entries` that `feed` gives, and put the rest aside."""
        for entry in feed.give(entries):
            if entry is None or not self._attempt.taken.others or self._attempt.taken.others.job_of(entry) is None:
                yield entry
            else:
                self._add(entry)
                feed.put_aside(entry)

    def await_others(self) -> Worklist | None:
        """Wait until an earlier job has ended. Return the entries to look at again, None if there are none.

        Raises Stopped. An earlier job that does nothing is ended by its keeper, one of a dead node by the reaper.
        """
        found, first = self._list, self._first
        if found is None or first is None:
            return None
        self._list = self._first = None
        found.close()
        if found.failed is not None:
            raise found.failed
        others = self._attempt.taken.others
        job = others.job_of(first)
        try:
            while job is not None and others.job_of(first) == job:
                self._attempt.waits_for(Awaited(0, job))  # feed has none of the files that wait
                self._attempt.wait(WAIT_SECONDS, lambda: others.job_of(first) != job)
        finally:
            self._attempt.waits_for(None)
        return found

    def _add(self, entry: Entry) -> None:
        if self._list is None:
            self._lists += 1
            self._list = Worklist(self._directory / f"aside.{self._lists % 2}")
            self._first = entry
        # The engine looks at it afresh: another job loads it meanwhile.
        self._list.append(replace(entry, state=EntryState.UNKNOWN), move=True)
