"""Queries for the metrics of web. Each reads an index or a table with few rows, however many jobs have ended."""

from dataclasses import dataclass

from avio.db.sql import row, rows

NODES_MOST = 1000
GONE_SECONDS = 86400.0  # a lost node is shown for so long


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """A node: its state, slots and running jobs, and the age of its newest renewal. `alive`: its lease is valid."""

    name: str
    state: str
    alive: bool
    slots: int
    busy: int
    lease_age: float


@dataclass(frozen=True, slots=True)
class TierFigures:
    """A tier as a node reported it `age` seconds ago."""

    name: str
    capacity: int | None
    used: int | None
    reserved: int | None
    age: float | None


def unfinished_jobs() -> dict[tuple[str, int], int]:
    """Return how many jobs there are by state and type, of those that have not ended."""
    found = rows(
        "SELECT state, type, count(*) FROM jobs WHERE state IN {unfinished} GROUP BY state, type ORDER BY state, type"
        " LIMIT 100"
    )
    return {(state, int(kind)): int(count) for state, kind, count in found}


def oldest_due() -> float:
    """Return for how many seconds the oldest due job waits; 0 if none does."""
    found = row("SELECT {now} - min(run_at) FROM jobs WHERE state = 'queued' AND run_at <= {now}")
    return 0.0 if found is None or found[0] is None else max(0.0, float(found[0]))


def nodes() -> list[NodeFigures]:
    """Return the nodes, without those that were lost long ago."""
    busy = dict(rows("SELECT node, count(*) FROM jobs WHERE state IN {owned} GROUP BY node LIMIT ?", NODES_MOST))
    found = rows(
        "SELECT name, state, lease_until > {now}, slots, {now} - seen_at FROM nodes"
        " WHERE state <> 'lost' OR seen_at > {now} - ? ORDER BY name LIMIT ?",
        GONE_SECONDS,
        NODES_MOST,
    )
    return [
        NodeFigures(name, state, bool(alive) and state != "lost", slots, int(busy.get(name, 0)), max(0.0, age))
        for name, state, alive, slots, age in found
    ]


def tiers() -> list[TierFigures]:
    """Return the tiers."""
    found = rows("SELECT name, capacity, used, reserved, {now} - seen_at FROM tiers ORDER BY name LIMIT 1000")
    return [
        TierFigures(name, capacity, used, reserved, None if age is None else max(0.0, age))
        for name, capacity, used, reserved, age in found
    ]


def map_times() -> list[tuple[str, float]]:
    """Return when the map of each tier was taken, if it has one."""
    return [
        (tier, float(at))
        for tier, at in rows("SELECT tier, taken_at FROM cache_maps WHERE map IS NOT NULL ORDER BY tier LIMIT 1000")
    ]
