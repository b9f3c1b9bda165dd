"""`avio-server nodes`: the worker nodes, their leases and what they run."""

import click

from avio.admin.database import opened
from avio.admin.output import moment, show
from avio.admin.settings import with_settings
from avio.config import Settings
from avio.rules.callers import LOCAL_ADMIN
from avio.rules.nodes import list_nodes


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@with_settings
def nodes(as_json: bool, settings: Settings) -> None:
    """List the worker nodes, their leases and how many jobs they run."""
    with opened(settings):
        rows = [
            {
                "name": node.row.name,
                "state": node.state,
                "epoch": node.row.epoch,
                "running": node.running,
                "slots": node.row.slots,
                "seen": moment(node.row.seen_at),
                "lease_until": moment(node.row.lease_until),
            }
            for node in list_nodes(LOCAL_ADMIN)
        ]
    show(rows, as_json=as_json)
