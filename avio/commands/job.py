"""`avio job show`: all about one job."""

import re

import click

from avio.client import Client
from avio.client.shapes import JobDetail
from avio.commands import options, params_text, progress_text
from avio.commands.command import Command
from avio.commands.job_ids import resolve
from avio.commands.session import with_client
from avio.commands.wording import in_cli_words
from avio.lazygroup import WholeLines
from avio.terminal.cells import NOTHING, moment, percent, printable
from avio.terminal.json_output import print_json
from avio.terminal.tables import print_record
from avio.wire.states import TERMINAL, JobType

_ID = re.compile(r"@last|[0-7][0-9A-Za-z]{0,25}")


SAMPLES = 5  # paths that are shown for each reason


class _Job(WholeLines):
    """The commands of one job. A job in their place gets told how to show it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if not _ID.fullmatch(args[0]):
                raise
            raise click.UsageError(f"{error.message} To show the job write: avio job show {args[0]}", ctx) from None


@click.group(cls=_Job)
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


def _record(job: JobDetail) -> list[tuple[str, str]]:
    counted = job["progress"]
    status = " ".join(part for part in (job["status"], job["reason"], in_cli_words(job["message"])) if part)
    return [
        ("Id", job["id"]),
        ("Name", printable(job["name"] or NOTHING)),
        ("Type", progress_text.kind(job)),
        ("Path", progress_text.subject(job)),
        *(("Path", path) for path in progress_text.paths_of(job)[1:]),
        ("Options", printable(", ".join(params_text.options(job["params"]))) or NOTHING),
        ("Limits", progress_text.limits_of(job)),
        ("Priority", str(job.get("priority", 0))),
        ("Labels", progress_text.labels_of(job) or NOTHING),
        ("Uid", str(job["uid"])),
        ("Status", printable(status)),
        *([("Waits", waits)] if (waits := progress_text.waiting_details(job)) else []),
        ("Phase", job["phase"] or NOTHING),
        (
            "Progress",
            f"{percent(counted['percent'])}, {progress_text.files_of(job)} files, {progress_text.bytes_of(job)}",
        ),
        ("Speed", progress_text.pace_of(job) or NOTHING),
        ("ETA", progress_text.eta(job) if job["status"] not in TERMINAL else NOTHING),
        ("Phases", progress_text.phases_of(job) or NOTHING),
        ("Skipped", progress_text.amount(counted["skipped"])),
        ("Shared", progress_text.amount(progress_text.shared_of(job))),
        ("Kept", progress_text.amount(counted["kept"])),
        ("Failed", progress_text.amount(counted["failed"])),
        *_compared(job),
        ("Verified", progress_text.amount(job["verified"]) if job["verified"] else NOTHING),
        *([("Local path", printable(local))] if (local := job.get("localPath")) else []),
        ("Created", moment(job["createTime"])),
        ("Started", moment(job["startTime"])),
        ("Finished", moment(job["finishTime"])),
        ("Ran", progress_text.elapsed(job)),
        ("Attempt", str(job["attempt"])),
        ("Node", printable(job["node"] or NOTHING)),
        *_movers(job),
        ("Retry of", job["retryOf"] or NOTHING),
        *_begin(job),
        *(("Errors", text) for text in progress_text.errors_of(job, SAMPLES)),
    ]


def _begin(job: JobDetail) -> list[tuple[str, str]]:
    """Return when the job was to begin, and which schedule has made it."""
    return [
        *([("Schedule", schedule)] if (schedule := job.get("scheduleId")) else []),
        *([("Not before", moment(at))] if (at := job.get("at")) else []),
        *(("After", after) for after in job.get("after", ())),
    ]


def _compared(job: JobDetail) -> list[tuple[str, str]]:
    """Return what a check has found to differ."""
    if job["type"] != JobType.CHECK:
        return []
    counted = job["progress"]
    return [
        ("Different", progress_text.amount(counted["different"])),
        ("Only in bucket", progress_text.amount(counted["onlyInBucket"])),
        ("Only in cache", progress_text.amount(counted["onlyInCache"])),
    ]


def _movers(job: JobDetail) -> list[tuple[str, str]]:
    """Return what each mover of the newest attempt has done."""
    newest = next(iter(job.get("attempts", ())), None)
    shares = (newest["movers"] or []) if newest is not None else []
    lines = (
        f"{progress_text.amount({'files': share['files'], 'bytes': share['bytes']})}, "
        f"{share['cpuMs'] / 1000:.1f} s of processor time"
        for share in shares
    )
    return [(f"Mover {number} of {len(shares)}", line) for number, line in enumerate(lines, 1)]
