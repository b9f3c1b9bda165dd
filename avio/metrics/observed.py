"""Histograms that a process observes itself. Workers of one web share them: each shows the sums of all.

Each worker writes into a file in memory of its own, which the process that forks them has made. A worker that takes
the place of a dead one goes on in its file: nothing is left behind, and no sum falls.
"""

import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client.core import Metric as Family
from prometheus_client.mmap_dict import MmapedDict

from avio.metrics.declared import SUM, Metric
from avio.metrics.families import Labels, histogram


def memory_files(number: int) -> list[int]:
    """Return the descriptors of so many empty files in memory, for processes that this one forks."""
    return [os.memfd_create("avio-metrics") for _ in range(number)]


class Observed:
    """Histograms of this process. Safe to use from all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alone: dict[str, float] = {}
        self._own: MmapedDict | None = None
        self._files: Sequence[int] = ()

    def share(self, files: Sequence[int], place: int) -> None:
        """Write into one of `files`, and show what is in all. Before the first observation."""
        self._files, self._own = files, MmapedDict(_name(files[place]))

    def close(self) -> None:
        """Write into no file any more. What is in it stays for the others."""
        if self._own is not None:
            self._own.close()

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Count a value of a histogram."""
        with self._lock:
            for part, amount in ((metric.bucket_of(value), 1.0), (SUM, value)):
                key = json.dumps([metric.name, labels, part])
                if self._own is None:
                    self._alone[key] = self._alone.get(key, 0.0) + amount
                else:
                    self._own.write_value(key, self._own.read_value(key)[0] + amount, 0.0)

    @contextmanager
    def timed(self, metric: Metric, *labels: str) -> Iterator[None]:
        """Observe how long the `with` block takes, whatever comes of it."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.observe(metric, time.monotonic() - began, *labels)

    def family(self, metric: Metric) -> Family:
        """Return a histogram, as all processes that share it have observed it."""
        return histogram(metric, self._parts(metric))

    def _parts(self, metric: Metric) -> Iterator[tuple[Labels, str, float]]:
        with self._lock:
            found = list(self._alone.items())
        for descriptor in self._files:
            if os.fstat(descriptor).st_size:
                values = MmapedDict.read_all_values_from_file(_name(descriptor))
                found += [(key, value) for key, value, *_ in values]
        for key, value in found:
            name, labels, part = json.loads(key)
            if name == metric.name:
                yield tuple(labels), part, value


def _name(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"
