"""Moves the entries of a worklist and records the outcome of each.

Runs in the job process. Its counts are provisional: the verifier decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, filterfalse, islice

from avio.engines.base import Entry, EntryState, Moved
from avio.errors import EngineAway, EngineError, Scope
from avio.executor.aside import Aside
from avio.executor.failed_files import FailedFiles
from avio.executor.feed import Feed
from avio.executor.verb import Verb
from avio.executor.work import Work
from avio.executor.worklist import Worklist
from avio.wire.results import Outcome

LOOK_FILES = 500  # that waited, and are looked at together
LOOK_SECONDS = 0.02  # that a transfer waits for the lister, while movers may have results


class Transfer:
    """Lets the engine move entries for one attempt. While the store is unavailable it waits and goes on."""

    def __init__(self, work: Work, verb: Verb, failed: FailedFiles) -> None:
        self._work, self._verb, self._failed = work, verb, failed
        self._patience = work.patience()
        self._aside = Aside(work.attempt, work.directory)
        self._after_others = False  # what is in place by now was loaded by earlier jobs

    def run(self, worklist: Worklist) -> None:
        """Move the entries of `worklist` as they come; those that earlier jobs load when these have ended.

        Raises Stopped, TooManyFailures, EngineAway after too long, and the engine's errors of scope JOB.
        """
        self._move_all(worklist, counted=False)
        while (left := self._aside.await_others()) is not None:
            self._after_others = True
            self._move_all(self._not_there(left), counted=False)

    def run_again(self, worklist: Worklist) -> None:
        """Move entries that are not in place though they were before, or wait for earlier jobs; raises as `run`."""
        self._move_all(worklist, counted=True)
        while (left := self._aside.await_others()) is not None:
            self._move_all(left, counted=True)

    def _not_there(self, entries: Worklist) -> Worklist:
        """Count those of `entries` that earlier jobs have loaded, and return the others."""
        rest = Worklist(self._work.directory / "aside.rest")
        left = entries.entries()
        while some := list(islice(left, LOOK_FILES)):
            self._work.attempt.raise_if_stopping()
            there = self._patience.call(partial(self._in_place, some), self._reached())
            for entry in some:
                if entry.path in there:
                    self._arrived(Moved(entry, Outcome.SHARED, entry.size or 0), counted=False)
                else:
                    rest.append(entry, move=True)
        rest.close()
        if rest.failed is not None:
            raise rest.failed
        return rest

    def _in_place(self, entries: list[Entry]) -> set[str]:
        """Ask the engine which of `entries` are in place. One that can't be checked is moved."""
        params = replace(self._verb.params, verify="size")
        runs = self._work.engine.recheck_runs(entries, params, self._work.attempt, unchecked=lambda _path, _error: None)
        return {entry.path for entry in chain.from_iterable(runs) if self._verb.in_place(entry)}

    def _move_all(self, worklist: Worklist, *, counted: bool) -> None:
        taken = 0
        again: list[Entry] = []
        while True:
            step = LOOK_SECONDS if self._work.engine.pool else None
            feed = Feed(self._work.attempt, self._patience, step)
            self._work.attempt.taken.count = feed.under_way
            # A new reader each time: a thread that hangs in the store may still hold the last one.
            entries = chain(again, worklist.to_move(taken, step))
            try:
                self._move_some(entries, feed, counted=counted)
            except EngineAway as error:
                taken += max(0, feed.taken - len(again))
                # What of them is in place by now is this job's own work: it is not listed as missing.
                mine = [replace(entry, state=EntryState.UNKNOWN) for entry in feed.leave()]
                again = mine + again[feed.taken :]
                self._patience.wait(error, self._reached())
            else:
                return

    def _move_some(self, entries: Iterable[Entry | None], feed: Feed, *, counted: bool) -> None:
        try:
            self._move(entries, feed, counted=counted)
        finally:
            self._work.attempt.in_flight.clear()
            self._work.attempt.waits_for(None)

    def _move(self, entries: Iterable[Entry | None], feed: Feed, *, counted: bool) -> None:
        attempt = self._work.attempt
        for run in self._verb.move(self._aside.others(feed, entries), self._verb.params, attempt):
            others: Sequence[Moved] = run
            if not counted and not self._failed.some_postponed:
                plain, others = _parted(run)
                self._all_arrived(plain, feed)
            for moved in others:
                if self._after_others and moved.outcome is Outcome.SKIPPED:
                    moved = moved._replace(outcome=Outcome.SHARED)
                if moved.error is None:
                    feed.done(moved.entry)
                    self._arrived(moved, counted=counted)
                else:
                    self._give_up(moved.entry, moved.error, moved.tries)
                    feed.failed(moved.entry, moved.error, self._reached())
        attempt.raise_if_stopping()

    def _all_arrived(self, moved: Sequence[Moved], feed: Feed) -> None:
        """Record files that arrived as they were listed, at the first try."""
        if moved:
            feed.all_done([each.entry for each in moved])
            self._work.reporter.all_done(moved)
            self._work.attempt.knows(*[each.content for each in moved])
            size = sum([each.bytes for each in moved])
            self._work.attempt.arrived(size, skipped=False, files=len(moved), moved=size)

    def _arrived(self, moved: Moved, *, counted: bool) -> None:
        # An entry that failed before was not counted as arrived.
        late = self._failed.recover(moved.entry.path)
        listed = moved.entry.size or 0
        size = moved.bytes or listed
        entry = moved.entry if size == moved.entry.size else replace(moved.entry, size=size)
        self._work.reporter.outcome(entry, moved.outcome, tier=moved.tier, tries=moved.tries + late)
        self._work.attempt.knows(moved.content)
        was_in_flight = moved.bytes if moved.outcome is Outcome.DONE else 0
        if counted and not late:
            self._work.attempt.advanced(-was_in_flight)
        elif moved.outcome is Outcome.KEPT:
            self._work.attempt.kept(listed)
        else:
            is_skipped = moved.outcome is Outcome.SKIPPED
            self._work.attempt.arrived(size, listed=listed, skipped=is_skipped, moved=was_in_flight)
            if moved.outcome is Outcome.SHARED:
                self._work.attempt.shared(size)

    def _give_up(self, entry: Entry, error: Exception, tries: int) -> None:
        """Give up `entry`, or leave it to the verifier, which has it moved again, if it may succeed later."""
        if isinstance(error, EngineError) and error.scope is Scope.RETRY:
            self._failed.postpone(entry, error, tries)
        else:
            self._failed.add(entry, error, tries)

    def _reached(self) -> int:
        counters = self._work.attempt.progress().counters
        return counters.files_done + counters.files_kept + counters.files_failed


def _parted(run: Sequence[Moved]) -> tuple[Sequence[Moved], Sequence[Moved]]:
    """Return the files that are plain, and the others. Mostly all are."""
    if all(map(_is_plain, run)):
        return run, ()
    return list(filter(_is_plain, run)), list(filterfalse(_is_plain, run))


def _is_plain(moved: Moved) -> bool:
    """Return True if a file arrived as it was listed, at the first try."""
    entry, outcome, size, _, tries, error, _ = moved
    return outcome is Outcome.DONE and size == entry.size and tries == 1 and error is None
