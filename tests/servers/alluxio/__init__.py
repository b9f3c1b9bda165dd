"""A real Alluxio 2.9 on loopback, for tests, bench and trial: masters, workers with three tiers, job service, proxy."""

from tests.servers.alluxio.cluster import KINDS, Cluster, alluxio
from tests.servers.alluxio.parts import NoAlluxio

__all__ = ["KINDS", "Cluster", "NoAlluxio", "alluxio"]
