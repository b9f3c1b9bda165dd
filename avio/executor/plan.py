"""A plan: the listing of a preload or save, a line for each file, and the figures of that job.

Runs in the job process. Moves nothing, and takes no room in the cache.
"""

import json
import logging
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import IO, Any

from avio.engines import forecast
from avio.engines.base import EntryState
from avio.engines.durations import MEASURE_SECONDS
from avio.engines.entry_lines import lines_of_objects
from avio.engines.overwrite import Decision, decide
from avio.errors import EngineError, LeftOutFiles
from avio.executor.left_out import in_words as left_out_in_words
from avio.executor.lister import Listed, judged
from avio.executor.listing import Listing
from avio.executor.nothing import nothing_matched
from avio.executor.plan_notices import Notices
from avio.executor.used_paths import used_paths
from avio.executor.verb import verb_of
from avio.executor.work import Work
from avio.terminal.cells import size as shown_size
from avio.undecoded import readable
from avio.wire.options import Ability
from avio.wire.params import EVICT, PLANNED, WAIT, Params
from avio.wire.paths import is_text, shown_path
from avio.wire.plans import MOVES, Action, Plan
from avio.wire.results import ENTRIES_NAME
from avio.wire.states import JobType

BATCH_LINES = 256

log = logging.getLogger(__name__)


def plan(work: Work) -> Plan:
    """Write a line for each file of the order, and return the figures. Raises Stopped, and errors that end the job."""
    order = work.order
    planned = replace(order, type=PLANNED[order.params.plan_of or ""], params=replace(order.params, plan_of=None))
    with open(work.directory / ENTRIES_NAME, "w+b") as file:
        return _Planner(replace(work, order=planned), file).run()


class _Planner:
    """Plans the order of `work`, which is that of the job to come, into `file`."""

    def __init__(self, work: Work, file: IO[bytes]) -> None:
        self._work, self._file = work, file
        self._verb = verb_of(work.engine, work.order)
        self._is_load = work.order.type is JobType.PRELOAD
        self._plan = Plan()
        self._notices = Notices(self._plan)
        self._needed = self._held = 0
        self._never = False  # it would wait for room in vain
        self._requests: int | None = 0
        self._lines: list[dict[str, Any]] = []
        self._patience = work.patience()

    def run(self) -> Plan:
        """List the order to its end, and return the figures."""
        work, found, attempt = self._work, self._plan, self._work.attempt
        listing = Listing(work, self._verb.side, attempt.raise_if_stopping)
        try:
            for each in listing.files_patiently(self._written, self._patience):
                attempt.raise_if_stopping()
                self._add(judged(each, self._verb))
        finally:
            listing.close()
        self._write()
        attempt.selection = listing.limits.in_words()
        attempt.listed_all()
        found.files_excluded = listing.limits.excluded_files
        found.files_left_out = attempt.progress().counters.files_left_out
        found.requests = self._requests
        by_reason, unexcused = attempt.left_out_by_reason()
        if not found.files:
            self._notices.add_error(nothing_matched(work, listing.limits))
        elif unexcused:
            self._notices.add(LeftOutFiles.reason, f"{left_out_in_words(by_reason)}: the job ends as partial")
        if self._is_load:
            self._forecast()
        self._notices.end(is_load=self._is_load)
        found.summary = _summary(found, work.order.params, is_load=self._is_load, never=self._never)
        return found

    def _add(self, listed: Listed) -> None:
        """Count a file, and write its line."""
        entry, found = listed.entry, self._plan
        size = entry.size or 0
        action = self._action(listed)
        self._work.attempt.listed(size)
        self._work.attempt.arrived(size, skipped=False)
        found.files, found.bytes = found.files + 1, found.bytes + size
        found.files_dirty += entry.state is EntryState.DIRTY
        found.files_conflict += entry.state is EntryState.CONFLICT
        if action in MOVES:
            found.files_to_move, found.bytes_to_move = found.files_to_move + 1, found.bytes_to_move + size
            self._needed += listed.needed
            self._held += size - listed.needed
            self._count_requests(listed)
            if self._is_load and self._work.engine.facts.is_archived(entry.path):
                self._notices.archived(entry.path)
        else:
            self._held += sum(entry.tiers.values())
            if action is Action.SKIP:
                found.files_in_place, found.bytes_in_place = found.files_in_place + 1, found.bytes_in_place + size
            elif action is Action.KEEP:
                found.files_kept, found.bytes_kept = found.files_kept + 1, found.bytes_kept + size
            else:
                found.files_failed += 1
                self._notices.failing(entry, listed.error)
        self._lines.append(self._line(listed, action))
        if len(self._lines) == BATCH_LINES:
            self._write()

    def _action(self, listed: Listed) -> Action:
        if listed.error is not None:
            return Action.FAIL
        if listed.kept:
            return Action.KEEP
        if listed.in_place:
            return Action.SKIP
        if self._is_load:
            return Action.LOAD
        entry, params = listed.entry, self._work.order.params
        both_changed, is_there = entry.state is EntryState.CONFLICT, entry.token is not None
        # Whatever the order keeps as it is was found to be kept.
        decision = decide(params, both_changed=both_changed, is_newer=True, is_there=is_there)
        return Action.FAIL if decision is Decision.REFUSE and not entry.saved else Action.SAVE

    def _line(self, listed: Listed, action: Action) -> dict[str, Any]:
        entry = listed.entry
        text = is_text(entry.path)
        line: dict[str, Any] = {"path": entry.path if text else shown_path(entry.path)}
        if not text:
            line["pathBytes"] = b64encode(os.fsencode(entry.path)).decode()
        version = self._work.engine.facts.version(entry, self._verb.side) if listed.error is None else None
        line |= {"size": entry.size or 0, "version": version, "state": entry.state.value, "action": action.value}
        return line if listed.error is None else line | {"message": readable(str(listed.error))}

    def _count_requests(self, listed: Listed) -> None:
        number = self._work.engine.facts.requests(listed.entry, self._verb.side)
        known = self._requests is not None and number is not None
        self._requests = (self._requests or 0) + (number or 0) if known else None

    def _forecast(self) -> None:
        work, params = self._work, self._work.order.params
        try:
            with work.attempt.silent(MEASURE_SECONDS):
                tiers = work.engine.capacity()
                droppable = self._droppable()
        except EngineError as error:
            log.warning("the room in the cache is unknown: %s", error)
            self._notices.add("ROOM_UNKNOWN", f"the room in the cache is unknown: {error.message}")
            return
        spreads = params.spread or Ability.SPREAD not in work.engine.abilities
        full = forecast.forecast(
            self._plan, tiers, params, self._needed, self._held, spreads=spreads, droppable=droppable
        )
        if full is not None:
            self._notices.add_error(full)
        if params.if_full == WAIT:
            self._never = forecast.never_fits(self._plan, params, self._needed, spreads=spreads) is not None

    def _droppable(self) -> Mapping[str, int]:
        """Return the bytes that the job may have dropped for it, by tier. Its own files are none of them."""
        work = self._work
        if work.order.params.if_full != EVICT:
            return {}
        with work.engine.eviction.using(used_paths(work.order), work.attempt):
            found = work.engine.eviction.droppable_by_tier()
        asked = work.order.params.tier
        return {alias: size for alias, size in found.items() if asked in (None, alias)}

    def _write(self) -> None:
        self._file.write(lines_of_objects(self._lines))
        self._lines.clear()

    def _written(self) -> Iterator[str]:
        """Yield the paths that were met, for a listing that begins again."""
        self._write()
        self._file.flush()
        with open(self._file.name, "rb") as stream:
            for line in stream:
                members = json.loads(line)
                named = members.get("pathBytes")
                yield members["path"] if named is None else os.fsdecode(b64decode(named))


def _summary(found: Plan, params: Params, *, is_load: bool, never: bool) -> str:
    """Return such as `would load 1,204 files, 3.1 GiB; 5.2 GiB free on mem: fits`."""
    verb = "load" if is_load else "save"
    others = {"in place": found.files_in_place, "kept": found.files_kept, "to fail": found.files_failed}
    rest = ", ".join(f"{number:,} {what}" for what, number in others.items() if number)
    if not found.files_to_move:
        return f"would {verb} nothing" + (f": {rest}" if rest else ": no file matches")
    files = f"{found.files_to_move:,} file{'' if found.files_to_move == 1 else 's'}"
    room = forecast.in_words(found, params, never=never)
    return "; ".join(filter(None, (f"would {verb} {files}, {shown_size(found.bytes_to_move)}", rest, room)))
