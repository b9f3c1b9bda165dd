"""`avio job show`: all about one job."""

import click

from avio.client import Client
from avio.client.shapes import JobInfo
from avio.commands import options, progress_text
from avio.commands.command import Command
from avio.commands.job_ids import resolve
from avio.commands.session import with_client
from avio.commands.wording import in_cli_words
from avio.lazygroup import WholeLines
from avio.terminal.cells import NOTHING, moment, percent, printable
from avio.terminal.json_output import print_json
from avio.terminal.tables import print_record

# Members of the params that `Path` shows.
OF_THE_PATH = ("alluxioUri", "alluxioUriEncoded", "fromFileList", "fileListId")


@click.group(cls=WholeLines)
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
    options_given = (
        in_cli_words(f"{name}={'true' if value is True else value}")
        for name, value in job["params"].items()
        if name not in OF_THE_PATH and value is not False
    )
    status = " ".join(part for part in (job["status"], job["reason"], in_cli_words(job["message"])) if part)
    return [
        ("Id", job["id"]),
        ("Name", printable(job["name"] or NOTHING)),
        ("Type", progress_text.kind(job)),
        ("Path", progress_text.subject(job)),
        ("Options", printable(", ".join(options_given)) or NOTHING),
        ("Uid", str(job["uid"])),
        ("Status", printable(status)),
        ("Phase", job["phase"] or NOTHING),
        (
            "Progress",
            f"{percent(counted['percent'])}, {progress_text.files_of(job)} files, {progress_text.bytes_of(job)}",
        ),
        ("Skipped", progress_text.amount(counted["skipped"])),
        ("Kept", progress_text.amount(counted["kept"])),
        ("Failed", progress_text.amount(counted["failed"])),
        ("Verified", progress_text.amount(job["verified"]) if job["verified"] else NOTHING),
        *([("Local path", printable(local))] if (local := job.get("localPath")) else []),
        ("Created", moment(job["createTime"])),
        ("Started", moment(job["startTime"])),
        ("Finished", moment(job["finishTime"])),
        ("Ran", progress_text.elapsed(job)),
        ("Attempt", str(job["attempt"])),
        ("Node", printable(job["node"] or NOTHING)),
        ("Retry of", job["retryOf"] or NOTHING),
        *(("Errors", text) for text in progress_text.errors_of(job)),
    ]
