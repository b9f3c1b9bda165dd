"""The web ports of master and workers (19999, 30000): workers, tiers, mounts, settings in force.

Used in web and the job process, from any thread; opens nothing before the first call. The master's answer is large,
and is cached for some seconds.
"""

import threading
import time
from typing import Any

from avio.engines.alluxio.clients.cluster_info import (
    ClusterInfo,
    TierUse,
    WorkerInfo,
    cluster_of,
    settings_of,
    tiers_of,
)
from avio.engines.alluxio.clients.counters import WorkerCounts, accepted_frees, worker_counts
from avio.engines.alluxio.clients.rest import Rest
from avio.engines.alluxio.clients.settings import AlluxioSettings

CACHE_SECONDS = 3.0

_METRICS = "/metrics/json/"


class WebInfo:
    """The web ports. Raises EngineAway if none answers within the patience."""

    def __init__(self, settings: AlluxioSettings) -> None:
        self._rest = Rest("the Alluxio master's web port", settings.web, settings.patience)
        self._lock = threading.Lock()
        self._cluster: ClusterInfo | None = None
        self._asked = 0.0
        self._workers: dict[str, Rest] = {}

    def cluster(self, *, fresh: bool = False, patience: float | None = None) -> ClusterInfo:
        """Return the cluster. Unless `fresh`, it may be some seconds old. `patience` in seconds is for this call."""
        with self._lock:
            if fresh or self._cluster is None or time.monotonic() - self._asked > CACHE_SECONDS:
                self._cluster = cluster_of(self._rest.get("/api/v1/master/info", patience=patience))
                self._asked = time.monotonic()
            return self._cluster

    def worker_tiers(self, worker: WorkerInfo) -> dict[str, TierUse]:
        """Return the worker's own figures of its tiers. They show frees and loads first."""
        return tiers_of(self._of_worker(worker)["tierCapacity"], worker.tiers)

    def worker_configuration(self, worker: WorkerInfo) -> dict[str, str]:
        """Return the settings in force on the worker."""
        return settings_of(self._of_worker(worker)["configuration"])

    def worker_counts(self, worker: WorkerInfo) -> WorkerCounts | None:
        """Return what the worker has counted, None if its release does not count all of it."""
        return worker_counts(self._rest_of(worker).get(_METRICS))

    def frees(self) -> tuple[int, ...] | None:
        """Return what the primary master has counted of frees, None if its release does not count all of it."""
        return accepted_frees(self._rest.get(_METRICS, patience=0))

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._rest.close()
        with self._lock:
            workers = [*self._workers.values()]
        for rest in workers:
            rest.close()

    def _of_worker(self, worker: WorkerInfo) -> dict[str, Any]:
        told: dict[str, Any] = self._rest_of(worker).get("/api/v1/worker/info")
        return told

    def _rest_of(self, worker: WorkerInfo) -> Rest:
        with self._lock:
            rest = self._workers.get(worker.web)
            if rest is None:
                rest = self._workers[worker.web] = Rest("the Alluxio worker's web port", [worker.web], 0)
            return rest
