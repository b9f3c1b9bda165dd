"""What the local engine does in a mover for a save: uploads the files that the job process sends.

Runs in a mover process. The rows and results are those of `shared_save`.
"""

from collections.abc import Iterator, Sequence

from avio.engines.base import Entry, Moved
from avio.engines.local.mounts import Mounts
from avio.engines.local.recognition import Uploads
from avio.engines.local.transfer.saved_rows import SIZE, asked_file, outcome_of, sent
from avio.engines.local.transfer.saves import Saves
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import Row
from avio.engines.movers.supply import Piece, Supply
from avio.wire.params import Params
from avio.wire.results import Outcome


class _Files:
    """The files of a supply, and the places of their results."""

    def __init__(self, supply: Supply, mounts: Mounts, uploads: Uploads) -> None:
        self._supply = supply
        self._mounts = mounts
        self._uploads = uploads
        self._pieces: dict[str, Piece] = {}
        self._said: list[str] = []

    @property
    def ended(self) -> bool:
        return self._supply.ended

    def want(self, files: int) -> None:
        self._supply.want(files)

    def take(self, seconds: float) -> Entry | None:
        piece = self._supply.take(seconds)
        if piece is None:
            return None
        entry = asked_file(piece.row)
        self._pieces[entry.path] = piece
        return entry

    def results(self, outcomes: Sequence[Moved]) -> Iterator[tuple[int, Row]]:
        """Yield the results, each with the number of its batch. The first has what else this mover has learnt."""
        uploads, remarks = self._uploads.take_new(), self._remarks()
        for moved in outcomes:
            entry, outcome, size, tier, tries, error, _ = moved
            number, place, row, _ = self._pieces.pop(entry.path)
            plain = outcome is Outcome.DONE and tries == 1 and size == row[SIZE] and error is None
            if plain and not uploads and not remarks:
                yield number, sent(place, tier)
            else:
                yield number, outcome_of(place, moved, uploads, remarks)
                uploads, remarks = [], []

    def _remarks(self) -> list[str]:
        now = self._mounts.remarks()
        if now == self._said:
            return []
        self._said = now
        return now


def move_out(
    mounts: Mounts, saves: Saves, uploads: Uploads, supply: Supply, outbox: Outbox, params: Params, run: MoverRun
) -> None:
    """Upload the files of `supply`."""
    files = _Files(supply, mounts, uploads)
    for outcomes in saves.move(files, params, run):
        outbox.add_all(files.results(outcomes))
