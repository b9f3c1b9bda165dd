"""The metrics of one node, from the memory of its intake: slots, lease, calls of the engine. Shown at its port."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from prometheus_client.core import Metric as Family

from avio.metrics import declared, families
from avio.metrics.families import Collector
from avio.metrics.observed import Observed
from supervisor.intake.slots import Slots

Timed = Callable[[str], AbstractContextManager[object]]


def untimed(_: str) -> AbstractContextManager[object]:
    """Time nothing."""
    return nullcontext()


class NodeMetrics(Collector):
    """What a node knows of itself, also while the database is unavailable."""

    def __init__(self, node: str, engine: str, slots: Slots, lease_age: Callable[[], float]) -> None:
        self._node, self._slots, self._lease_age = node, slots, lease_age
        self._observed = Observed()
        self.timed: Timed = partial(self._observed.timed, declared.ENGINE, engine)

    def collect(self) -> Iterator[Family]:
        """Yield what is known now."""
        yield families.build_info()
        busy, free = len(self._slots.held()), self._slots.free()
        closed = max(0, self._slots.slots - busy - free)
        yield families.gauge(declared.SLOTS, families.slots(self._node, busy=busy, free=free, closed=closed))
        yield families.gauge(declared.LEASE_AGE, {(self._node,): self._lease_age()})
        yield self._observed.family(declared.ENGINE)
