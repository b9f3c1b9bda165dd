"""What every part of a job's work needs: engine, order, attempt, reporter, and the attempt's own directory.

Runs in the job process. Built once by `run`, handed to whatever does the work.
"""

from dataclasses import dataclass
from pathlib import Path

from avio.engines.base import Engine
from avio.executor.attempt import Attempt
from avio.executor.patience import Patience
from avio.executor.reporter import Reporter
from avio.wire.orders import Order


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one attempt. Files of the work go into `directory`."""

    engine: Engine
    order: Order
    attempt: Attempt
    reporter: Reporter
    directory: Path

    def patience(self) -> Patience:
        """Return the patience of one thread with stores that are unavailable."""
        return Patience(self.attempt, self.order.store_patience)
