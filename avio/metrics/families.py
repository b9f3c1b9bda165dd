"""Samples as metric families of prometheus_client. Used by every process that shows metrics."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family

import avio
from avio.metrics.declared import BUILD, SUM, Kind, Metric

Labels = tuple[str, ...]  # values, in the order of the metric's labels


class Collector(ABC):
    """A collector of prometheus_client: what a process shows of one of its parts."""

    def describe(self) -> list[Family]:
        """Return nothing: else the registry would collect at the start, to learn the names."""
        return []

    @abstractmethod
    def collect(self) -> Iterator[Family]:
        """Yield what is known now."""


def gauge(metric: Metric, samples: Mapping[Labels, float]) -> Family:
    """Return a gauge with its values."""
    family = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in sorted(samples.items()):
        family.add_metric(labels, value)
    return family


def counter(metric: Metric, samples: Mapping[Labels, float]) -> Family:
    """Return a counter with its values. One without labels is there from the beginning, as 0."""
    family = CounterMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    if not metric.labels:
        samples = {(): 0.0, **samples}
    for labels, value in sorted(samples.items()):
        family.add_metric(labels, value)
    return family


def histogram(metric: Metric, parts: Iterable[tuple[Labels, str, float]]) -> Family:
    """Return a histogram from the counts of its buckets, each for itself, and its sums.

    What a version with other buckets has counted goes into the bucket that has its upper bound.
    """
    found: defaultdict[Labels, dict[str, float]] = defaultdict(dict)
    for labels, counted, value in parts:
        part = counted if counted == SUM else metric.bucket_of(float(counted))
        found[labels][part] = found[labels].get(part, 0.0) + value
    family = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for labels, values in sorted(found.items()):
        count = 0.0
        buckets: list[tuple[str, float]] = []
        for part in metric.parts():
            count += values.get(part, 0.0)
            buckets.append(("+Inf" if part == "inf" else part, count))
        family.add_metric(labels, buckets=buckets, sum_value=values.get(SUM, 0.0))
    return family


def build_info() -> Family:
    """Return the version of this process."""
    return gauge(BUILD, {(avio.__version__,): 1.0})


def by_parts(metric: Metric, parts: Iterable[tuple[Labels, str, float]]) -> Family:
    """Return a counter or histogram from what is kept of it."""
    if metric.kind is Kind.HISTOGRAM:
        return histogram(metric, parts)
    return counter(metric, {labels: value for labels, _, value in parts})


def slots(node: str, *, busy: float, free: float, closed: float) -> dict[Labels, float]:
    """Return the samples of the slots of a node."""
    return {(node, "busy"): busy, (node, "free"): free, (node, "closed"): closed}
