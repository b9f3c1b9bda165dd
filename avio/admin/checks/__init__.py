"""The sections of `avio-server doctor`: each checks one part that a node depends on, and changes nothing.

A section is a name and a function that takes the settings and yields findings; a part that is unavailable is one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from avio.admin.checks.database import look_at_database
from avio.admin.checks.disks import look_at_spool, look_at_tiers
from avio.admin.checks.engine import look_at_cluster, look_at_engine
from avio.admin.checks.isolation import look_at_isolation
from avio.admin.checks.nodes import look_at_nodes
from avio.admin.checks.redis import look_at_redis
from avio.config import Settings
from avio.findings import Finding


@dataclass(frozen=True, slots=True)
class Section:
    """One part that a node depends on."""

    name: str
    look: Callable[[Settings], Iterator[Finding]]


# Nothing works without these.
PARTS = (
    Section("database", look_at_database),
    Section("redis", look_at_redis),
    Section("engine", look_at_engine),
    Section("tiers", look_at_tiers),
)

# `avio-server check` looks at these. A node that is about to start is none that is alive: `doctor` does not ask.
SERVER = (*PARTS, Section("supervisor", look_at_nodes))

# A worker node depends on these, too.
SECTIONS = (
    *PARTS,
    Section("cluster", look_at_cluster),
    Section("spool", look_at_spool),
    Section("isolation", look_at_isolation),
)
