"""What the local engine does in a mover: downloads, and checks, of the rows that the job process sends.

Runs in a mover process. The rows and results are those of `shared_preload`, `shared_recheck` and `shared_check`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from avio.engines.base import STATES, Entry, EntryState, Moved, present
from avio.engines.local.capacity import Capacity
from avio.engines.local.comparison import Comparison
from avio.engines.local.mounts import Mounts
from avio.engines.local.recognition import Uploads
from avio.engines.local.tiers import Copy, Tiers
from avio.engines.local.transfer import mover_confirm
from avio.engines.local.transfer.as_placed import copies_as_placed
from avio.engines.local.transfer.bulk_download import BulkDownload
from avio.engines.local.transfer.download import Download
from avio.engines.local.transfer.file_room import AssignedRoom
from avio.engines.local.transfer.moved_rows import arrived
from avio.engines.local.transfer.mover_save import move_out
from avio.engines.local.transfer.mover_spans import move_spans
from avio.engines.local.transfer.new_files import NewFiles
from avio.engines.local.transfer.placed import Placed
from avio.engines.local.transfer.recheck import Recheck
from avio.engines.local.transfer.saves import Saves
from avio.engines.local.transfer.seen_rows import UNCHECKED, seen, seen_placed
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import Row, described
from avio.engines.movers.supply import Piece, Supply
from avio.errors import EngineError
from avio.wire.params import CHECKSUM, Params
from avio.wire.results import Outcome

IDLE_SECONDS = 0.05

AsPlaced = Callable[[Sequence[Row]], list[Copy | None]]  # of rows of path and token


class Ground(NamedTuple):
    """What all tasks work on."""

    mounts: Mounts
    tiers: Tiers
    capacity: Capacity
    placed: Placed
    saves: Saves
    uploads: Uploads


class _Files:
    """The files of a supply, and the places of their results."""

    def __init__(self, supply: Supply, room: AssignedRoom) -> None:
        self._supply = supply
        self._room = room
        self._pieces: dict[str, Piece] = {}

    @property
    def ended(self) -> bool:
        return self._supply.ended

    def want(self, files: int) -> None:
        self._supply.want(files)

    def take(self, seconds: float) -> Entry | None:
        piece = self._supply.take(seconds)
        if piece is None:
            return None
        path, size, token, alias, state, left = piece.row
        self._pieces[path] = piece
        self._room.assign(path, alias, size, left)
        # A dead mover may have put the file in place after it was listed.
        known = EntryState.UNKNOWN if piece.again else STATES[state]
        return Entry(path, "file", size, None, known, token=token)

    def result(self, moved: Moved) -> tuple[int, Row]:
        """Return the number of the batch, and the result."""
        entry, outcome, size, tier, tries, error, content = moved
        piece = self._pieces.pop(entry.path)
        as_reserved = self._room.end(entry.path)
        if as_reserved and outcome is Outcome.DONE and tries == 1 and size == piece.row[1]:
            return piece.batch, arrived(piece.place, content)
        why = described(error) if isinstance(error, EngineError) else None
        return piece.batch, [piece.place, outcome, size, tier, tries, content, as_reserved, why]


def preload(ground: Ground, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
    """Bring the files of `supply` into the tiers that the job process chose."""
    mounts, tiers, capacity, placed, *_ = ground
    room = AssignedRoom(capacity)
    files = _Files(supply, room)
    download = Download(mounts, tiers, capacity, room, placed, params, run)
    with tiers.holding():
        try:
            for outcomes in BulkDownload(mounts, download, run, NewFiles(tiers, room, placed, run)).run(files):
                outbox.add_all(map(files.result, outcomes))
        finally:
            download.finish()


class _Checks:
    """The files of a supply that are checked, by their paths."""

    def __init__(self, supply: Supply, outbox: Outbox, run: MoverRun) -> None:
        self._supply = supply
        self._outbox = outbox
        self._run = run
        self._pieces: dict[str, Piece] = {}

    def entries(self, as_placed: AsPlaced) -> Iterator[Entry | None]:
        """Yield the files as they come, None when none is there now. Those that lie `as_placed` are done."""
        while not self._supply.ended and not self._run.stopping():
            pieces = self._supply.take_all(IDLE_SECONDS)
            if not pieces:
                yield None
                continue
            both = list(zip(pieces, as_placed([piece.row for piece in pieces]), strict=True))
            self._outbox.add_all([(each[0], [each[1], *seen_placed(copy)]) for each, copy in both if copy is not None])
            for piece in [each for each, copy in both if copy is None]:
                path, token = piece.row
                self._pieces[path] = piece
                yield Entry(path, "file", None, None, EntryState.UNKNOWN, token=token)

    def found(self, entry: Entry) -> None:
        """Send what was found, unless the file can't be checked."""
        piece = self._pieces.pop(entry.path, None)
        if piece is not None:
            self._outbox.add(piece.batch, [piece.place, *seen(entry)])

    def compared(self, entry: Entry, found: Outcome | EngineError) -> None:
        """Send the outcome of a comparison, or why there is none."""
        piece = self._pieces.pop(entry.path)
        what = [Outcome.FAILED, described(found)] if isinstance(found, EngineError) else [found, None]
        self._outbox.add(piece.batch, [piece.place, *what])

    def unchecked(self, path: str, error: EngineError) -> None:
        """Send why a file can't be checked."""
        piece = self._pieces.pop(path)
        self._outbox.add(piece.batch, [piece.place, UNCHECKED, described(error)])


def _nothing_known(rows: Sequence[Row]) -> list[Copy | None]:
    return [None] * len(rows)


def recheck(ground: Ground, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
    """Send the present state of the files of `supply`."""
    mounts, tiers, capacity, placed, *_ = ground
    checks = _Checks(supply, outbox, run)
    with tiers.holding():
        copies = ground.saves.copies(params)
        check = Recheck(
            mounts, tiers, capacity, Uploads(), placed, copies, params, run, checks.unchecked, original=False
        )
        reads = params.verify == CHECKSUM  # what lies as it was put there is read back, too
        as_placed = _nothing_known if reads else partial(copies_as_placed, tiers, placed)
        for entry in check.run(checks.entries(as_placed)):
            checks.found(entry)


def check(ground: Ground, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
    """Send how the copies of the files of `supply` stand to their objects."""
    checks = _Checks(supply, outbox, run)
    with ground.tiers.holding():
        comparison = Comparison(ground.mounts, ground.tiers, params, run)
        for entry, found in comparison.run(present(checks.entries(_nothing_known))):
            checks.compared(entry, found)


def save(ground: Ground, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
    """Upload the files of `supply`."""
    move_out(ground.mounts, ground.saves, ground.uploads, supply, outbox, params, run)


def confirm(ground: Ground, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
    """Send which copies of `supply` are the objects that the job process has seen after a save."""
    with ground.tiers.holding():
        mover_confirm.confirm(ground.mounts, ground.saves.copies(params), supply, outbox, run)


def span(ground: Ground, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
    """Fetch the spans of `supply`."""
    move_spans(ground.mounts, ground.capacity, supply, outbox, run)


TASKS = {
    "preload": preload,
    "save": save,
    "recheck": recheck,
    "confirm": confirm,
    "check": check,
    "span": span,
}
