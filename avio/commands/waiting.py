"""From an order to its end: hand over the id, follow the job if asked to, say how it ended."""

import sys

import click

from avio.client import Client, follow
from avio.client.shapes import JobInfo
from avio.commands import progress
from avio.commands.command import show_lines
from avio.commands.displays import Display, choose
from avio.commands.exits import Exit, of_job
from avio.commands.tables import print_json
from avio.wire.states import State


def hand_over(client: Client, job: JobInfo, *, wait: float | None, how: str, as_json: bool) -> Exit:
    """Print the id of a new job (or its JSON), and with `wait` follow it for so many seconds."""
    if not as_json:
        click.echo(job["id"])
    if wait is not None:
        return say_end(wait_for_end(client, job, limit=wait, how=how, as_json=as_json))
    if as_json:
        print_json(job)
    click.echo(f"submitted {job['id']}; follow with: avio watch {job['id']}", err=True)
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


def follow_to_end(client: Client, job_id: str, *, limit: float, display: Display) -> JobInfo:
    """Show the job on `display` until it has ended, and return it; Ctrl-C leaves it running."""
    try:
        with display:
            for job in follow(client, job_id, limit=limit):
                display.show(job)
    except KeyboardInterrupt:
        click.echo(f"job continues; avio cancel {job_id}", err=True)
        raise
    return job


def say_end(job: JobInfo) -> Exit:
    """Say on standard error how the job ended, what went wrong and what to do; return its exit code."""
    counted = job["progress"]
    if job["status"] == State.SUCCEEDED:
        verified = f"; verified {progress.amount(job['verified'])}" if job["verified"] else ""
        before = f", {counted['skipped']['files']} of them there before" if counted["skipped"]["files"] else ""
        click.echo(f"succeeded: {progress.amount(counted['done'])}{before}{verified}", err=True)
    else:
        what = f"{progress.kind(job)} of {progress.subject(job)}: {job['message'] or job['status']}"
        done = f"{progress.amount(counted['done'])} done, {counted['failed']['files']} failed"
        why = "; ".join([job["reason"] or done, *progress.errors_of(job)])
        cure = f"avio report {job['id']} --failed" if counted["failed"]["files"] else f"avio log {job['id']}"
        show_lines(job["status"], what, why, f"{cure}; then avio retry {job['id']}")
    return of_job(job["status"], job["reason"])
