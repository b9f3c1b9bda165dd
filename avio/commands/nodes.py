"""`avio nodes`: the worker nodes, and what they run."""

import click

from avio.client import Client
from avio.client.fleet_shapes import NodeInfo, RunningJob
from avio.commands import options
from avio.commands.command import Command
from avio.commands.session import with_client
from avio.terminal.cells import NOTHING, moment, printable, raw, raw_moment, short_moment
from avio.terminal.json_output import print_json
from avio.terminal.tables import Column, print_table


def running(jobs: list[RunningJob]) -> str:
    """Return the ids of jobs, for programs."""
    return ",".join(printable(job["id"]) for job in jobs) or NOTHING


def running_paths(jobs: list[RunningJob]) -> str:
    """Return where jobs run, for people."""
    return ", ".join(printable(job["path"] or job["name"] or job["id"]) for job in jobs) or NOTHING


def _busy(node: NodeInfo) -> str:
    return f"{node['busy']}/{node['slots']}"


COLUMNS = (
    Column("NODE", lambda row: printable(row["name"]), lambda row: raw(row["name"])),
    Column("STATE", lambda row: row["state"], lambda row: row["state"], width=8, rank=1),
    Column("BUSY", _busy, _busy, right=True, rank=2),
    Column(
        "SEEN",
        lambda row: moment(row["seenTime"]),
        lambda row: raw_moment(row["seenTime"]),
        rank=4,
        short=lambda row: short_moment(row["seenTime"]),
    ),
    Column("JOBS", lambda row: running_paths(row["jobs"]), lambda row: running(row["jobs"]), rank=3, keeps="start"),
)


@click.command(cls=Command)
@options.as_json
@with_client
def nodes(client: Client, as_json: bool) -> None:
    """Show the worker nodes: state, busy slots, last heartbeat, jobs.

    The states: active, draining (takes no more jobs), silent (its lease is over), lost (its jobs run elsewhere). Admins
    see the jobs of all.
    """
    found = client.nodes()
    if as_json:
        print_json(found)
    else:
        print_table(COLUMNS, [found["nodes"]])
