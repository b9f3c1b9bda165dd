"""`avio save`: order a save."""

from pathlib import Path
from typing import Any, BinaryIO

import click

from avio.client import Client
from avio.commands import dry_run as plans
from avio.commands.begin_options import begin_of
from avio.commands.exit_codes import Exit
from avio.commands.filter_options import FilterCommand
from avio.commands.order_options import build_params, order_options
from avio.commands.session import with_client
from avio.commands.wait import hand_over
from avio.wire.states import JobType


@click.command(cls=FilterCommand)
@order_options(JobType.SAVE)
@plans.dry_run_options
@with_client
def save(
    client: Client,
    /,
    paths: tuple[str, ...],
    from_file: BinaryIO | None,
    from_object: str | None,
    null: bool,
    name: str | None,
    dry_run: bool,
    plan_to: Path | None,
    at: str | None,
    after: tuple[str, ...],
    wait: float | None,
    progress: str,
    as_json: bool,
    **chosen: Any,
) -> Exit:
    """Bring each PATH, or a list of paths, from the cache into its bucket.

    Prints the id of the job at once; with --wait follows it to its end. With --dry-run says what would be
    saved, and saves nothing.
    """
    plans.check_plan(plan_to, dry_run=dry_run)
    begin = begin_of(client, at, after)
    params = build_params(client, paths, from_file, from_object, chosen, null=null)
    if dry_run:
        return plans.run(
            client, JobType.SAVE, params, name=name, wait=wait, how=progress, as_json=as_json, plan_to=plan_to
        )
    job = client.save(params, name=name, begin=begin)
    return hand_over(client, job, wait=wait, how=progress, as_json=as_json)
