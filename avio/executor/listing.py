"""The files of an order, as an attempt lists them: what earlier attempts on the node had listed, then the rest.

Runs in the job process, in the lister's thread. A job covers what was there when it was listed: what an earlier attempt
listed is looked for in the cache again, and not in the bucket.
"""

import hashlib
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from avio.engines.base import Entry, Side
from avio.engines.left_out import LeftOut
from avio.engines.movers.packets import described, error_of
from avio.errors import EngineAway
from avio.executor.journal_blocks import Mark
from avio.executor.left_out import counting
from avio.executor.limits import Limits
from avio.executor.listing_journal import ListingJournal
from avio.executor.patience import Patience
from avio.executor.seen import Seen
from avio.executor.selection import Missing, Place, select
from avio.executor.work import Work

# The first word of a line of the journal. Of what is left out, and of what some paths exclude, each file counts once.
FILE, MISSING, LEFT_OUT, EXCLUDED = "file", "missing", "left out", "excluded"

PIECE_BYTES = 1 << 20

log = logging.getLogger(__name__)


class Listing:
    """The files of one order on one `side`. `require_going` raises if the attempt must stop."""

    def __init__(self, work: Work, side: Side, require_going: Callable[[], None]) -> None:
        self.limits = Limits(work)
        self._work, self._side, self._require_going = work, side, require_going
        self._leave_out = counting(work)
        self._seen = Seen(work.directory / "seen") if work.order.names_several else None
        self._place = Place()
        resumes = work.engine.resumes and side is Side.BUCKET
        self._journal = ListingJournal(work.directory, listing_of(work)) if resumes else None
        self._is_earlier = resumes
        self._has_begun = self._ended = False
        self._behind: str | None = None  # the file behind which a listing goes on
        self._excluded_before = 0

    def files(self, met: Callable[[], Iterator[str]]) -> Iterator[Entry | Missing]:
        """Yield each file that no earlier call has yielded. Raises the engine's errors; then call it again.

        `met` yields the paths of the files so far, without those that failed.
        """
        if self._has_begun:
            self._pass_over(met)
        self._has_begun = True
        if self._journal is not None and self._is_earlier:
            yield from self._earlier(self._journal)
            self._is_earlier = False
            if self._journal.is_earlier and not self._ended:
                self._pass_over(met)
        if not self._ended:
            yield from self._rest()
            self._ended = True
            self._end_block()

    def files_patiently(
        self, met: Callable[[], Iterator[str]], patience: Patience, leave: Callable[[], bool] = lambda: False
    ) -> Iterator[Entry | Missing]:
        """Yield what `files` yields. While the store is unavailable, wait, but not beyond `leave()`, and go on."""
        while True:
            try:
                yield from self.files(met)
                return
            except EngineAway as error:
                patience.wait(error, self._work.attempt.progress().counters.files_total, leave)

    def close(self) -> None:
        """Note how far it came, and free the disk of what was only for this attempt."""
        if self._seen is not None:
            self._seen.close()
        if self._journal is not None:
            self._end_block()
            self._journal.close()

    def _pass_over(self, met: Callable[[], Iterator[str]]) -> None:
        """Pass over what was met: a store may list some of it again, whatever it is asked for."""

        def paths() -> Iterator[str]:
            for path in met():  # as many as there are takes minutes
                self._require_going()
                self._work.attempt.checked()
                yield path

        self._seen = self._seen or Seen(self._work.directory / "seen", paths())

    def _is_new(self, path: str) -> bool:
        if self._seen is None or self._seen.add(path):
            return True
        self._work.attempt.checked()
        return False

    # -- what earlier attempts had listed

    def _earlier(self, journal: ListingJournal) -> Iterator[Entry | Missing]:
        files = 0
        for kind, lines in groupby(journal.replay(), key=itemgetter(0)):
            for found, size in self._looked_up(kind, lines):
                self._require_going()
                if self._is_new(found.path):
                    self.limits.count(size)
                    files += 1
                    yield found
        if (mark := journal.mark) is not None:
            self._place = Place(mark.named, mark.after)
            self.limits.excluded, self.limits.reached, self._ended = mark.excluded, mark.reached, mark.ended
            log.info("an earlier attempt listed %d files%s", files, "" if mark.ended else "; listing the rest")

    def _looked_up(self, kind: str, lines: Iterator[list[Any]]) -> Iterator[tuple[Entry | Missing, int]]:
        """Yield the files of lines of one kind, each with the size that it counted with. Count the other lines."""
        if kind == FILE:
            sizes: deque[int] = deque()

            def listed() -> Iterator[tuple[str, str]]:
                for _, path, token, size in lines:
                    sizes.append(size)
                    yield path, token

            for entry in self._work.engine.look_again(listed()):
                yield entry, sizes.popleft()
        elif kind == MISSING:
            for _, path, error in lines:
                yield Missing(path, error_of(error)), 0
        elif kind == LEFT_OUT:
            for _, *fields in lines:
                self._leave_out(LeftOut(*fields))
        else:
            for _, path in lines:
                self.limits.exclude_once(path)

    # -- the rest

    def _rest(self) -> Iterator[Entry | Missing]:
        if self._journal is None:
            self._place = Place()
        if self._place == Place():
            self.limits.begin()
        self._behind, self._excluded_before = self._place.after, self.limits.excluded
        engine, order = self._work.engine, self._work.order
        for found in select(engine, order, self._side, self._meet_left_out, self._meet_excluded, self._place):
            self._require_going()
            self._end_block_if_due()
            self._is_listed_again(found.path)
            if not self._is_new(found.path):
                continue
            size = 0 if isinstance(found, Missing) else found.size or 0
            if not self.limits.admit(size):
                return
            if isinstance(found, Missing):
                self._note(MISSING, found.path, described(found.error))
            else:
                self._note(FILE, found.path, found.token, size)
            yield found

    def _meet_left_out(self, left: LeftOut) -> None:
        self._end_block_if_due()
        self._note(LEFT_OUT, left.path, left.reason, left.message, left.cure)
        self._leave_out(left)

    def _meet_excluded(self, path: str, *, listed: bool) -> None:
        self._require_going()
        self._end_block_if_due()
        if listed and not self._work.order.names_several:
            if not self._is_listed_again(path):
                self.limits.exclude()
        else:
            self._note(EXCLUDED, path)
            self.limits.exclude_once(path)

    def _is_listed_again(self, path: str) -> bool:
        """Return True for the file behind which the listing should go on: the store lists from the beginning again.

        All that was excluded up to here counted before.
        """
        if path != self._behind:
            return False
        self.limits.excluded = self._excluded_before
        return True

    # -- the journal. All up to `_place` is noted; the file that is listed now may be noted too.

    def _note(self, *line: Any) -> None:
        if self._journal is not None:
            self._journal.add(*line)

    def _end_block_if_due(self) -> None:
        if self._journal is not None and self._journal.is_due():
            self._end_block()

    def _end_block(self) -> None:
        if self._journal is not None:
            place, limits = self._place, self.limits
            mark = Mark(place.named, place.after, limits.excluded, self._ended, limits.reached)
            self._journal.end_block(mark)


def listing_of(work: Work) -> str:
    """Return a digest of all that decides which files an order names: one listing is not used for another."""
    order = work.order
    said = [order.job, order.type, order.params.to_json(), order.engine.get("engine"), order.engine.get("mounts")]
    digest = hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16)
    for piece in _pieces(work):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(work: Work) -> Iterable[bytes]:
    """Yield the file list if it is an object of a bucket, which may change. One with an id does not."""
    if work.order.params.file_list_path is None or work.order.file_list is None:
        return
    with open(work.order.file_list, "rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            work.attempt.checked()
            yield piece
