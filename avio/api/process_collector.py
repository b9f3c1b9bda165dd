"""What the workers of one web observe themselves, as metrics: the version, times of requests and of engine calls."""

from collections.abc import Iterator

from prometheus_client.core import Metric as Family

from avio.metrics import declared, families
from avio.metrics.families import Collector
from avio.metrics.observed import Observed


class ProcessCollector(Collector):
    """Shows them."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed

    def collect(self) -> Iterator[Family]:
        """Yield what is known now."""
        yield families.build_info()
        yield self._observed.family(declared.HTTP)
        yield self._observed.family(declared.ENGINE)
