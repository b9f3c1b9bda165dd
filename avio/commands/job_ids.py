"""From what a user types for a job to its id: the id, any unique prefix of it, or @last."""

from itertools import islice

import click
from click.shell_completion import CompletionItem

from avio.client import Client, ClientError, pages
from avio.commands.asked_by_shell import ask
from avio.wire.states import JobType

ID_LENGTH = 26
LAST = "@last"
PAGE = 100
PAGES = 20
RECENT = 20


def resolve(client: Client, text: str) -> str:
    """Return the id of the job that `text` means; ClientError when it means none, or several."""
    if text == LAST:
        return _last(client)
    if not text.strip():
        # Every id begins with "": a script's unset variable would name the only job.
        raise click.UsageError("the id of the job is empty; give an id, a prefix of one, or @last")
    text = text.upper()
    return text if len(text) == ID_LENGTH else _by_prefix(client, text)


def is_id(text: str) -> bool:
    """Return True if `text` has the form of an id, of jobs and of others."""
    return len(text) == ID_LENGTH and text.isascii() and text.isalnum()


def complete_job(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer recent jobs to the shell."""
    return ask(context, lambda client: _recent(client, incomplete.upper()))


def _recent(client: Client, prefix: str) -> list[CompletionItem]:
    jobs = (job for job in client.jobs(page_size=RECENT)["jobs"] if job["id"].startswith(prefix))
    return [CompletionItem(job["id"], help=f"{JobType(job['type']).name.lower()} {job['status']}") for job in jobs]


def _last(client: Client) -> str:
    jobs = client.jobs(uid=client.whoami()["uid"], page_size=1)["jobs"]
    if not jobs:
        raise JobNotFound("you have no jobs", why=f"{LAST} means your newest job", cure="start one: avio preload PATH")
    return jobs[0]["id"]


def _by_prefix(client: Client, prefix: str) -> str:
    found: list[str] = []
    for page in islice(pages(lambda token: client.jobs(page_size=PAGE, page_token=token)), PAGES):
        found += [job["id"] for job in page["jobs"] if job["id"].startswith(prefix)]
        if len(found) > 1:
            raise click.UsageError(f"several job ids start with {prefix}: {', '.join(found[:5])}; give more of the id")
    if not found:
        raise JobNotFound(
            f"no job id starts with {prefix}",
            why=f"only the newest {PAGE * PAGES} jobs are searched",
            cure="avio jobs lists ids; give the whole id of an older job",
        )
    return found[0]


class JobNotFound(ClientError):
    """No job matches what the user typed."""

    reason = "NOT_FOUND"
    status = 404
