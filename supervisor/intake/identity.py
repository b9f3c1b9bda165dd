"""Which supervisor this is: the machine's boot and the id of its spool. Two of one name are told apart by it.

Runs in intake.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from avio.db import leases
from avio.db.connection import borrow
from supervisor.shared.messages import Evict

_BOOT = Path("/proc/sys/kernel/random/boot_id")

_TAKEN = (
    "another supervisor is registered as node {node} (on a machine with boot id {boot}, see {file}): each needs a name"
    " of its own, set AVIO_NODE"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """A supervisor. `instance` is the id of its spool, which one keeper at a time has."""

    boot_id: str
    instance: str

    @classmethod
    def of_this_machine(cls, instance: str) -> "Identity":
        """Return the identity of the supervisor whose spool has the id `instance`."""
        return cls(_BOOT.read_text(encoding="ascii").strip(), instance)

    def eviction(self, node: str) -> Evict:
        """Return what ends the epoch of `node`: the node begins another one, or leaves if its name is another's."""
        with borrow():
            there = leases.find(node)
        if there is None or (there.boot_id, there.instance) == (self.boot_id, self.instance):
            log.error("lease lost: the node was declared lost; it begins another epoch")
            return Evict()
        return Evict(leave=_TAKEN.format(node=node, boot=there.boot_id, file=_BOOT))
