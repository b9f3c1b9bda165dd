"""The rules of reading worker nodes. Used by admin."""

from dataclasses import dataclass

from avio.db import leases
from avio.db.connection import borrow
from avio.db.models import Node
from avio.db.sql import now
from avio.rules.callers import Caller, Right


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node's row, the jobs that it runs, and whether its lease is over (`silent`)."""

    row: Node
    running: int
    silent: bool


def list_nodes(caller: Caller) -> list[NodeView]:
    """Return all nodes, by name. Raise Forbidden unless the caller is an admin."""
    caller.require(Right.ADMINISTER)
    with borrow():
        time = now()
        return [
            NodeView(node, len(leases.held(node.name, node.epoch)), silent=node.lease_until <= time)
            for node in leases.all_nodes()
        ]
