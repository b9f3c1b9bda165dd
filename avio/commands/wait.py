"""From an order to its end: hand over the id, follow the job if asked to, say how it ended."""

import sys

import click

from avio.client import Client, follow
from avio.client.shapes import JobInfo
from avio.commands import progress_text
from avio.commands.command import show_lines
from avio.commands.exit_codes import Exit, of_job
from avio.commands.progress_display import Display, choose
from avio.commands.wording import in_cli_words
from avio.terminal.cells import printable
from avio.terminal.json_output import print_json
from avio.wire.states import JobType, State

# Reasons after which the same job fails again, until what each asks for has changed.
CHANGE_FIRST = frozenset(
    {
        *("ACCESS_DENIED", "BOTH_CHANGED", "DIFFERENT", "IS_DIRECTORY", "LEFT_OUT", "NOTHING_MATCHED", "NOT_SAVED"),
        *("PATH_NOT_FOUND", "PATH_REFUSED", "SAVE_CONFLICT", "UNSUPPORTED_OPTION", "VERSION_CHANGED"),
    }
)
TOO_MANY_FAILURES = "TOO_MANY_FAILURES"


def hand_over(client: Client, job: JobInfo, *, wait: float | None, how: str, as_json: bool) -> Exit:
    """Print the id of a new job (or its JSON), and with `wait` follow it for so many seconds."""
    if not as_json:
        click.echo(printable(job["id"]))
    if wait is not None:
        return say_end(wait_for_end(client, job, limit=wait, how=how, as_json=as_json))
    if as_json:
        print_json(job)
    waits = f"; {waiting}" if (waiting := progress_text.waits_for(job)) else ""
    click.echo(printable(f"submitted {job['id']}{waits}; follow with: avio watch {job['id']}"), err=True)
    return Exit.OK


def wait_for_end(client: Client, job: JobInfo, *, limit: float, how: str, as_json: bool) -> JobInfo:
    """Follow `job` on standard error; with `as_json` print it as it stands when the wait ends, however that ends."""
    display = choose(how, sys.stderr)
    display.latest = job
    try:
        return follow_to_end(client, job["id"], limit=limit, display=display)
    finally:
        if as_json:
            print_json(display.latest)


def follow_to_end(client: Client, job_id: str, *, limit: float, display: Display, stays: bool = True) -> JobInfo:
    """Show the job on `display` until it has ended, and return it. Ctrl-C leaves it running: says so if it `stays`."""
    try:
        with display:
            for job in follow(client, job_id, limit=limit, no_news=display.no_news, lost=display.lost):
                display.show(job)
    except KeyboardInterrupt:
        if stays:
            click.echo(printable(f"the job continues; to cancel it: avio cancel {job_id}"), err=True)
        raise
    return job


def say_end(job: JobInfo) -> Exit:
    """Say on standard error how the job ended, what went wrong and what to do; return its exit code."""
    counted = job["progress"]
    if job["status"] == State.SUCCEEDED and job["type"] == JobType.PLAN:
        click.echo(printable(in_cli_words(job["message"])), err=True)
    elif job["status"] == State.SUCCEEDED:
        verified = f"; verified {progress_text.amount(job['verified'])}" if job["verified"] else ""
        same = " the same in bucket and cache" if job["type"] == JobType.CHECK else ""
        before = f", {counted['skipped']['files']} of them already in place" if counted["skipped"]["files"] else ""
        before += f", {shared} of them moved by other jobs" if (shared := progress_text.shared_of(job)["files"]) else ""
        kept = f"; kept {progress_text.amount(counted['kept'])}" if counted["kept"]["files"] else ""
        also = in_cli_words(job["message"].partition("; ")[2])  # what was left out, and which tiers have the files
        end = f"; {printable(also)}" if also else ""
        click.echo(f"succeeded: {progress_text.amount(counted['done'])}{same}{before}{verified}{kept}{end}", err=True)
    else:
        what = f"{progress_text.kind(job)} of {progress_text.subject(job)}: {job['message'] or job['status']}"
        done = f"{progress_text.amount(counted['done'])} done, {counted['failed']['files']} failed"
        is_among_them = any(group["reason"] == job["reason"] for group in job["errors"])
        why = "; ".join([*([] if is_among_them else [job["reason"] or done]), *progress_text.errors_of(job)])
        show_lines(job["status"], what, why, _cure(job))
    return of_job(job["status"], job["reason"])


def _cure(job: JobInfo) -> str:
    """Return where the reasons are, and when a retry helps."""
    reasons = f"avio report {job['id']} --failed" if _names_files(job) else f"avio log {job['id']}"
    if job["reason"] == "CACHE_FULL":
        return f"avio tiers shows what is free; once there is room: avio retry {job['id']}"
    groups = {group["reason"] for group in job["errors"]}
    if job["reason"] in CHANGE_FIRST or (job["reason"] == TOO_MANY_FAILURES and groups and groups <= CHANGE_FIRST):
        return reasons
    failed = " --failed" if job["status"] == State.PARTIAL and job["progress"]["failed"]["files"] else ""
    return f"{reasons}; then avio retry {job['id']}{failed}"


def _names_files(job: JobInfo) -> bool:
    """Return True if the report names files that failed, were left out, or are in conflict."""
    if job["reason"] == "BOTH_CHANGED":
        return True
    counted = job["progress"]
    differ = [counted.get("different"), counted.get("onlyInBucket"), counted.get("onlyInCache")]
    parts = [part["files"] for part in (counted["failed"], *differ) if part is not None]
    return bool(counted.get("filesLeftOut")) or any(parts)
