"""What the local engine does in a mover for a save: uploads the files that the job process sends.

Runs in a mover process. The rows and results are those of `shared_save`.
"""

from avio.engines.base import STATES, Entry, Moved
from avio.engines.local.mounts import Mounts
from avio.engines.local.recognition import Uploads
from avio.engines.local.transfer.saves import Saves
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import Row, described
from avio.engines.movers.supply import Piece, Supply
from avio.errors import EngineError
from avio.wire.params import Params


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
        path, size, modified, state, token = piece.row
        self._pieces[path] = piece
        return Entry(path, "file", size, modified, STATES[state], token=token)

    def result(self, moved: Moved) -> tuple[int, Row]:
        """Return the number of the batch, and the result, with what else this mover has learnt since the last one."""
        piece = self._pieces.pop(moved.entry.path)
        error = described(moved.error) if isinstance(moved.error, EngineError) else None
        what = [moved.outcome, moved.bytes, moved.tier, moved.tries, error]
        return piece.batch, [piece.place, *what, self._uploads.take_new(), self._remarks()]

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
    for moved in saves.move(files, params, run):
        outbox.add(*files.result(moved))
