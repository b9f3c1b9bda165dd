"""The copies of a check, read by movers: hands the files out, and returns what the movers found.

Runs in the job process. `mover_tasks` is the other side.
"""

from collections.abc import Iterable, Iterator

from avio.engines.base import Compared, Entry
from avio.engines.movers.batches import in_batches
from avio.engines.movers.packets import error_of
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.wire.params import Params
from avio.wire.results import OUTCOMES, Outcome


class SharedCheck:
    """The comparisons of one attempt."""

    def __init__(self, params: Params, run: Run, pool: Pool) -> None:
        self._params = params
        self._run = run
        self._pool = pool

    def run(self, entries: Iterable[Entry]) -> Iterator[Compared]:
        """Yield each entry with its outcome or its own error, in any order."""
        batches = in_batches(entries, lambda entry: [entry.path, entry.token], lambda entry: entry.size or 0)
        for batch, results in self._pool.spread("check", self._params, batches, self._run):
            for place, outcome, error in results:
                yield batch.work[place], error_of(error) if outcome == Outcome.FAILED else OUTCOMES[outcome]
