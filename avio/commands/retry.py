"""`avio retry`: run an ended job again, as a new job."""

from typing import Any

import click

from avio.client import Client
from avio.client.shapes import JobInfo
from avio.commands import options
from avio.commands.command import Command
from avio.commands.exit_codes import Exit
from avio.commands.job_ids import resolve
from avio.commands.progress_text import is_listed
from avio.commands.session import with_client
from avio.commands.wait import hand_over
from avio.terminal.cells import printable
from avio.wire.states import JobType, State

PREFIX = "failed files of "  # that the name of a retry of failed files begins with

# The parts of a total: what has one of these outcomes was reached.
OUTCOMES = ("done", "kept", "failed", "different", "onlyInBucket", "onlyInCache")


@click.command(cls=Command)
@options.job_argument
@click.option("--failed", is_flag=True, help="Do only the files that failed, by the report of the job.")
@options.wait
@options.progress
@options.as_json
@with_client
def retry(client: Client, job: str, failed: bool, wait: float | None, progress: str, as_json: bool) -> Exit:
    """Run an ended job again, as a new job.

    JOB is an id, a unique prefix of one, or @last. Files that are in place already are skipped. With --failed
    the new job takes a list of the files that failed; of a check, of those that differ, too.
    """
    job_id = resolve(client, job)
    again = client.retry(job_id, failed=failed)
    if failed and not again["name"].startswith(PREFIX):
        click.echo("note: this server is older than this command: the new job does all files again", err=True)
    elif failed:
        _warn_of_rest(client.job(job_id))
    return hand_over(client, again, wait=wait, how=progress, as_json=as_json)


def _warn_of_rest(old: JobInfo) -> None:
    """Say what a retry of the failed files leaves: files that the job has not reached, or not verified."""
    progress = old["progress"]
    counted: dict[str, Any] = {**progress}
    if old["status"] == State.FAILED and old["type"] != JobType.CHECK:  # it gave up: nobody looked at what was done
        del counted["done"]
    rest = progress["total"]["files"] - sum(counted[name]["files"] for name in OUTCOMES if name in counted)
    if rest > 0 or not is_listed(old):
        count = str(rest) if is_listed(old) else "some"
        said = (
            f"note: {old['id']} ended before it reached and verified all: {count} files are not among those that failed"
        )
        click.echo(printable(f"{said}; to do these too: avio retry {old['id']}"), err=True)
