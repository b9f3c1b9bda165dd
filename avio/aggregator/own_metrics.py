"""The metrics of one aggregator: how late it folds, and what waits in the stream. Read from memory, at its port."""

import time
from collections.abc import Iterator

from prometheus_client.core import Metric as Family

from avio.metrics import declared, families
from avio.metrics.families import Collector
from avio.streams import Batch, Events


class OwnMetrics(Collector):
    """What the loop has noticed. Unknown figures are left out."""

    def __init__(self) -> None:
        self._lag: float | None = None
        self._pending: int | None = None

    def folded(self, batch: Batch) -> None:
        """Note that a batch is in the database. An empty one says that nothing waits."""
        newest = max((int(entry.partition("-")[0]) for entry, _ in batch), default=None)
        self._lag = 0.0 if newest is None else max(0.0, time.time() - newest / 1000)

    def look(self, stream: Events) -> None:
        """Note how much waits in the stream. Raises the errors of Redis; then it is not known."""
        self._pending = None
        self._pending = stream.unfolded()

    def collect(self) -> Iterator[Family]:
        """Yield what is known now."""
        yield families.build_info()
        for metric, value in ((declared.FOLD_LAG, self._lag), (declared.STREAM_PENDING, self._pending)):
            yield families.gauge(metric, {} if value is None else {(): float(value)})
