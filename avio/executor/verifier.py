"""Asks the engine what is in place after a transfer, and has missing files moved again, a few times.

Runs in the job process. Only its count makes success, never what was tried.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from avio.engines.alike import Alike
from avio.engines.base import Entry, EntryState, Side
from avio.errors import EngineAway, EngineError, Scope
from avio.executor import patience
from avio.executor.failed_files import FailedFiles
from avio.executor.kept import Kept
from avio.executor.verb import Verb
from avio.executor.work import Work
from avio.executor.worklist import Worklist
from avio.faults import fault
from avio.wire.params import Params
from avio.wire.states import Phase

# How often missing files are moved again before they count as failed.
ROUNDS = 3

# How long a job that failed may count what is in place.
STOCK_SECONDS = 30.0

log = logging.getLogger(__name__)


class NotThere(EngineError):
    """The file arrived, and the engine no longer has it at the check."""

    scope = Scope.RETRY
    reason = "NOT_THERE"
    cure = "find the program that removes or changes files while the job runs, or give the cache more room"


@dataclass(frozen=True, slots=True)
class Verified:
    """What the engine found in place at the end. `root` is the directory of the tier that has all of it, if one has.

    `by_tier` counts the files that are plain files on a tier.
    """

    files: int
    bytes: int
    root: str | None = None
    by_tier: Mapping[str, int] = field(default_factory=dict)


class _Places:
    """Where the files of a job are."""

    def __init__(self) -> None:
        self._roots: set[str | None] = set()
        self.by_tier: Counter[str] = Counter()

    def add(self, entry: Entry, files: int = 1) -> None:
        """Count a file, or `files` alike: below the directory of the tier, or in no directory here."""
        self._roots.add(None if entry.local_path is None else entry.local_path.removesuffix(entry.path))
        if entry.local_path is not None:
            for alias in entry.tiers:
                self.by_tier[alias] += files

    @property
    def root(self) -> str | None:
        """The directory that has all files, if one has."""
        return next(iter(self._roots)) if len(self._roots) == 1 else None


class Check(NamedTuple):
    """What one round found: files in place, files that stay as they are, and those that are missing, `lost` of them."""

    verified: Verified
    kept: Kept
    missing: Worklist
    lost: int


class Verifier:
    """Checks the worklist of one attempt against the engine."""

    def __init__(self, work: Work, verb: Verb, failed: FailedFiles) -> None:
        self._work, self._verb, self._failed = work, verb, failed
        self._patience = work.patience()
        self._most = 0
        self._unchecked: dict[str, EngineError] = {}

    def run(self, worklist: Worklist, move_again: Callable[[Worklist], None]) -> Verified:
        """Check every entry, have `move_again` move the missing ones, and return what is in place at the end.

        Raises Stopped, TooManyFailures, EngineAway after too long without progress, the engine's errors of scope
        JOB, and OSError when the disk is full.
        """
        attempt = self._work.attempt
        for round_no in range(ROUNDS + 1):
            attempt.begin(Phase.VERIFYING)
            fault("executor.before-verify")
            check = self._check_patiently(worklist, round_no)
            if not check.lost or round_no == ROUNDS:
                break
            log.warning("%d files are not in place; moving them again", check.lost)
            self._await_store(round_no)
            attempt.begin(Phase.TRANSFERRING)
            move_again(check.missing)
        for entry in check.missing.entries():
            gone = NotThere("the file arrived, and was gone at the check")
            self._failed.add_missing(entry, self._unchecked.get(entry.path, gone))
        verified, kept = check.verified, check.kept
        attempt.settle_kept(kept.files, kept.bytes, kept.conflicts)
        attempt.remark = kept.in_words(self._verb.params.overwrite)
        attempt.settle(verified.files, verified.bytes, whole=True)
        log.info("verified: %d files, %d bytes in place, %d files kept", verified.files, verified.bytes, kept.files)
        return verified

    def take_stock(self, worklist: Worklist) -> None:
        """Set the counters of a failed job to the files in place, since arrived files may be gone again.

        It does not wait for the cache to settle: a failed job claims nothing.
        """
        deadline = time.monotonic() + STOCK_SECONDS
        params = replace(self._verb.params, verify="size")
        files = size = 0
        try:
            for entry in chain.from_iterable(self._recheck(worklist, params)):
                if time.monotonic() > deadline or self._work.attempt.stopping():
                    return
                if entry.path in self._failed or self._verb.keeps(entry):
                    continue
                if self._verb.in_place(entry):
                    files, size = files + 1, size + (entry.size or 0)
        except EngineError as error:
            log.warning("could not count what is in place: %s", error)
            return
        self._work.attempt.settle(files, size)

    def _recheck(self, worklist: Worklist, params: Params) -> Iterator[Sequence[Entry]]:
        original = self._verb.side is not Side.BUCKET
        self._unchecked = {}
        return self._work.engine.recheck_runs(
            worklist.entries(), params, self._work.attempt, original=original, unchecked=self._can_not_check
        )

    def _can_not_check(self, path: str, error: EngineError) -> None:
        """Keep why a file is missing at the end of the round. Raise TooManyFailures: then it concerns the store."""
        self._unchecked[path] = error
        self._failed.require_few(path, error, len(self._unchecked))

    def _is_in_place(self, entry: Entry) -> bool:
        """Return True if `entry` is in place. A file that could not be saved, and is gone from the cache, is not."""
        lost = self._verb.side is not Side.BUCKET and entry.state is EntryState.REMOTE
        return self._verb.in_place(entry) and not (lost and self._failed.is_postponed(entry.path))

    def _stands(self, entry: Entry) -> bool:
        """Return True if nothing is to be done or told about `entry`."""
        return not self._verb.keeps(entry) and self._is_in_place(entry)

    def _await_store(self, round_no: int) -> None:
        """Wait if files failed because the store was unavailable: a while, and until it answers."""
        path, self._failed.away = self._failed.away, None
        if path is None:
            return
        self._work.attempt.wait(patience.PAUSES_SECONDS[round_no], lambda: False)
        with suppress(EngineError):
            self._patience.call(lambda: self._answers(path.rpartition("/")[0] or "/"), self._most)

    def _answers(self, directory: str) -> None:
        self._work.engine.require(directory, self._verb.side)

    def _check_patiently(self, worklist: Worklist, round_no: int) -> Check:
        """Check; begin again after the store was unavailable. Return what was found."""
        checked_before = self._most
        while True:
            missing = Worklist(self._work.directory / f"missing.{round_no}")
            try:
                if self._verb.side is Side.BUCKET:
                    self._work.engine.settle(self._work.attempt, self._verb.params.path)
                return self._check(worklist, missing, checked_before)
            except EngineError as error:
                missing.close()
                if not isinstance(error, EngineAway):
                    raise
                self._patience.wait(error, self._most)

    def _check(self, worklist: Worklist, missing: Worklist, checked: int) -> Check:
        """Ask about every entry once. `checked` counts the entries of the rounds before."""
        attempt = self._work.attempt
        kept = Kept()
        places = _Places()
        files = size = lost = attempt.rechecked = 0
        for found in self._recheck(worklist, self._verb.params):
            attempt.checked()
            attempt.rechecked += len(found)
            checked += len(found)
            self._most = max(self._most, checked)
            if isinstance(found, Alike) and not self._failed and self._stands(found[0]):
                files, size = files + len(found), size + found.size
                places.add(found[0], len(found))
                continue
            for entry in found:
                if entry.path in self._failed:
                    continue
                if self._verb.keeps(entry):
                    kept.add(entry, spared=self._verb.spares(entry))
                    places.add(entry)
                elif self._is_in_place(entry):
                    files, size = files + 1, size + (entry.size or 0)
                    places.add(entry)
                else:
                    lost += 1
                    missing.append(entry, move=True)
        missing.close()
        if missing.failed is not None:
            raise missing.failed
        attempt.raise_if_stopping()
        return Check(Verified(files, size, places.root, places.by_tier), kept, missing, lost)
