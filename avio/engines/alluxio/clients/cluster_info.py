"""The cluster as the primary master's web port reports it: workers, tiers, mounts, settings in force.

Used by web_info.py, the engine and the doctor. Opens no connection.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from avio.engines.alluxio.clients.status import Address, MountPoint


class TierUse(NamedTuple):
    """Capacity and used bytes of a tier."""

    capacity: int
    used: int


class WorkerInfo(NamedTuple):
    """A worker as the master knows it. `tiers` maps alias to use, best first; `web` is the URL of its REST.

    `live` is False after the master gave it up. A dead worker stays live until its time-out. `silent` is the number
    of seconds since its last heartbeat.
    """

    id: int
    address: Address
    web: str
    tiers: dict[str, TierUse]
    live: bool
    silent: int
    version: str
    blocks: int


class ClusterInfo(NamedTuple):
    """The cluster. `started` is in milliseconds since the epoch; `configuration` are the master's settings, as text."""

    version: str
    started: int
    workers: tuple[WorkerInfo, ...]
    lost: tuple[WorkerInfo, ...]
    tiers: dict[str, TierUse]
    mounts: tuple[MountPoint, ...]
    configuration: dict[str, str]


def cluster_of(told: dict[str, Any]) -> ClusterInfo:
    """Return the cluster in the JSON of `master/info`."""
    configuration, mounts = settings_of(told["configuration"]), told["mountPoints"]
    order = _order(configuration)
    return ClusterInfo(
        version=told["version"],
        started=told["startTimeMs"],
        workers=tuple(_worker(one, order, live=True) for one in told["workers"]),
        lost=tuple(_worker(one, order, live=False) for one in told["lostWorkers"]),
        tiers=tiers_of(told["tierCapacity"], order),
        mounts=tuple(_mount(path, mounts[path]) for path in sorted(mounts)),
        configuration=configuration,
    )


def settings_of(told: dict[str, Any]) -> dict[str, str]:
    """Return the settings of a `configuration` that are set, as texts. The JSON has some as booleans."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in told.items()
        if value is not None
    }


def tiers_of(told: dict[str, Any], order: Iterable[str]) -> dict[str, TierUse]:
    """Return the tiers of a `tierCapacity` with a capacity above 0, in `order`."""
    uses = {alias: TierUse(told[alias]["total"], told[alias]["used"]) for alias in order if alias in told}
    return {alias: use for alias, use in uses.items() if use.capacity}


def _order(configuration: dict[str, str]) -> list[str]:
    """Return the aliases of the tiers, best first. The JSON has no order."""
    prefix = "alluxio.master.tieredstore.global.level"
    levels = int(configuration.get(prefix + "s", 3))
    return [configuration.get(f"{prefix}{level}.alias", "") for level in range(levels)]


def _worker(told: dict[str, Any], order: list[str], *, live: bool) -> WorkerInfo:
    address = told["address"]
    capacity, used = told["capacityBytesOnTiers"], told["usedBytesOnTiers"]
    return WorkerInfo(
        id=told["id"],
        address=Address(address["host"], address["rpcPort"]),
        web=f"http://{address['host']}:{address['webPort']}",
        tiers={alias: TierUse(capacity[alias], used.get(alias, 0)) for alias in order if capacity.get(alias)},
        live=live,
        silent=told["lastContactSec"],
        version=told.get("version") or "",
        blocks=told["blockCount"],
    )


def _mount(path: str, told: dict[str, Any]) -> MountPoint:
    return MountPoint(path, told["ufsUri"], told["mountId"], told["readOnly"])
