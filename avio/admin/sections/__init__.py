"""The sections of `avio-server doctor`: each looks at one part of the surroundings, and changes nothing there.

A section is a name and a function that takes the settings and yields findings; a part that does not answer is one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from avio.admin.sections.database import look_at_database
from avio.admin.sections.disks import look_at_spool, look_at_tiers
from avio.admin.sections.engine import look_at_cluster, look_at_engine
from avio.admin.sections.isolation import look_at_isolation
from avio.admin.sections.redis import look_at_redis
from avio.config import Settings
from avio.findings import Finding


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the surroundings."""

    name: str
    look: Callable[[Settings], Iterator[Finding]]


# What must answer for anything to work: `avio-server check` looks at these alone.
PARTS = (
    Section("database", look_at_database),
    Section("redis", look_at_redis),
    Section("engine", look_at_engine),
    Section("tiers", look_at_tiers),
)

# What a worker node stands on besides.
SECTIONS = (
    *PARTS,
    Section("cluster", look_at_cluster),
    Section("spool", look_at_spool),
    Section("isolation", look_at_isolation),
)
