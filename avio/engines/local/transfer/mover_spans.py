"""Fetches spans of very large objects into the temporary files that the job process has made.

Runs in a mover process. The rows and results are those of `mover_spread`.
"""

import os

from avio.engines.local.buckets.base import OtherVersion, Source, Span
from avio.engines.local.capacity import Capacity
from avio.engines.local.errors import tier_errors
from avio.engines.local.mounts import Mounts
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import Row, described
from avio.engines.movers.supply import Supply
from avio.engines.tally import Tally
from avio.errors import EngineError

IDLE_SECONDS = 1.0


def move_spans(mounts: Mounts, capacity: Capacity, supply: Supply, outbox: Outbox, run: MoverRun) -> None:
    """Fetch each span of `supply`. Raises Stopped."""
    while not supply.ended:
        piece = supply.take(IDLE_SECONDS)
        if piece is None:
            continue
        tally = Tally(run)
        try:
            result: Row = [_fetched(mounts, capacity, piece.row, tally), None, False]
        except EngineError as error:
            tally.settle()
            result = [False, described(error), isinstance(error, OtherVersion)]
        outbox.add(piece.batch, [piece.place, *result])
        outbox.flush()


def _fetched(mounts: Mounts, capacity: Capacity, row: Row, tally: Tally) -> bool:
    path, token, alias, name, begin, end = row
    mount = mounts.find(path)
    source = Source.of_token(mount.key(path), token)
    [tier] = capacity.asked(alias)
    with tier_errors(f"tier {alias}: {path}"):
        target = tier.root.open_file(name, os.O_RDWR)
        try:
            return mount.bucket.fetch_span(source, Span(begin, end), target, tally)
        finally:
            os.close(target)
