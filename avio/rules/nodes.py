"""The rules of reading worker nodes and the jobs that they run. Used by web and admin."""

from collections import defaultdict
from dataclasses import dataclass

from avio.db import leases, running
from avio.db.connection import borrow
from avio.db.models import Node
from avio.db.running import Running
from avio.db.sql import now
from avio.rules.callers import Caller, Right


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node's row and how many jobs it runs; `jobs` are those of them that the caller may see.

    `lease` is the rest of its lease in seconds, by the database's clock.
    """

    row: Node
    running: int
    jobs: list[Running]
    lease: float

    @property
    def state(self) -> str:
        """The state, or `silent` for a node whose lease is over and whose jobs are not taken back yet."""
        return "silent" if self.lease <= 0 and self.row.state != "lost" else str(self.row.state)


def list_nodes(caller: Caller) -> list[NodeView]:
    """Return all nodes, by name. Users see their own jobs there, admins all."""
    caller.require(Right.LOOK)
    jobs: defaultdict[str, list[Running]] = defaultdict(list)
    with borrow():
        time, nodes = now(), leases.all_nodes()
        for job in running.all_running():
            jobs[job.node].append(job)
    return [
        NodeView(node, len(jobs[node.name]), visible(caller, jobs[node.name]), node.lease_until - time)
        for node in nodes
    ]


def visible(caller: Caller, jobs: list[Running]) -> list[Running]:
    """Return those of some jobs that the caller may see."""
    return [job for job in jobs if job.uid == caller.uid or caller.may(Right.OTHERS_JOBS)]
