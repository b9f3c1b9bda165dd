"""`avio-server nodes`: the worker nodes, their leases and what they run."""

import click

from avio.admin.opening import opened
from avio.admin.printing import moment, show
from avio.db import leases
from avio.db.sql import now


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def nodes(as_json: bool) -> None:
    """List the worker nodes, their leases and how many jobs they run."""
    with opened():
        time = now()
        rows = [
            {
                "name": node.name,
                "state": node.state if node.lease_until > time else "silent",
                "epoch": node.epoch,
                "running": len(leases.held(node.name, node.epoch)),
                "slots": node.slots,
                "seen": moment(node.seen_at),
                "lease_until": moment(node.lease_until),
            }
            for node in leases.all_nodes()
        ]
    show(rows, as_json=as_json)
