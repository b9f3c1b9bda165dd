"""`avio job show`: all about one job."""

import click

from avio.client import Client
from avio.client.shapes import JobInfo
from avio.commands import options, progress
from avio.commands.cells import NOTHING, moment, percent, printable
from avio.commands.command import Command
from avio.commands.jobids import resolve
from avio.commands.session import with_client
from avio.commands.tables import print_json, print_record


@click.group()
def job() -> None:
    """Look at one job."""


@job.command(cls=Command)
@options.job_argument
@options.as_json
@with_client
def show(client: Client, job: str, as_json: bool) -> None:
    """Show one JOB, by its id, a unique prefix of it, or @last."""
    info = client.job(resolve(client, job))
    if as_json:
        print_json(info)
    else:
        print_record(_record(info))


def _record(job: JobInfo) -> list[tuple[str, str]]:
    counted = job["progress"]
    options_given = (f"{name}={value}" for name, value in job["params"].items() if name != "alluxioUri")
    status = " ".join(part for part in (job["status"], job["reason"], job["message"]) if part)
    return [
        ("Id", job["id"]),
        ("Name", printable(job["name"] or NOTHING)),
        ("Type", progress.kind(job)),
        ("Path", progress.subject(job)),
        ("Options", printable(", ".join(options_given)) or NOTHING),
        ("Uid", str(job["uid"])),
        ("Status", printable(status)),
        ("Phase", job["phase"] or NOTHING),
        ("Progress", f"{percent(counted['percent'])}, {progress.files_of(job)} files, {progress.bytes_of(job)}"),
        ("Skipped", progress.amount(counted["skipped"])),
        ("Failed", progress.amount(counted["failed"])),
        ("Verified", progress.amount(job["verified"]) if job["verified"] else NOTHING),
        ("Created", moment(job["createTime"])),
        ("Started", moment(job["startTime"])),
        ("Finished", moment(job["finishTime"])),
        ("Ran", progress.elapsed(job)),
        ("Attempt", str(job["attempt"])),
        ("Node", printable(job["node"] or NOTHING)),
        ("Retry of", job["retryOf"] or NOTHING),
        *(("Errors", text) for text in progress.errors_of(job)),
    ]
