"""From what a user types for a schedule to its id: the id, a unique prefix of it, or its name."""

from itertools import islice

import click
from click.shell_completion import CompletionItem

from avio.client import Client, ClientError, pages
from avio.client.schedule_shapes import ScheduleInfo
from avio.commands.asked_by_shell import ask
from avio.commands.job_ids import PAGES, RECENT, is_id
from avio.terminal.texts import Text


def resolve_schedule(client: Client, text: str) -> str:
    """Return the id of the schedule that `text` means; ClientError when it means none, UsageError if several."""
    if not text.strip():
        # Every id begins with "": a script's unset variable would name the only schedule.
        raise click.UsageError("the id of the schedule is empty; give an id, a prefix of one, or a name")
    if is_id(text):
        return text.upper()
    found = [each["id"] for each in _all(client) if each["id"].startswith(text.upper()) or each["name"] == text]
    if len(found) > 1:
        raise click.UsageError(f"{text!r} means several schedules: {', '.join(found[:5])}; give more of the id")
    if not found:
        raise ScheduleNotFound(
            f"no schedule has the name {text!r}, or an id that starts with it",
            why="only your own schedules are searched",
            cure="avio schedule list has names and ids",
        )
    return found[0]


def _all(client: Client) -> list[ScheduleInfo]:
    found = islice(pages(lambda token: client.schedules.page(page_token=token)), PAGES)
    return [each for page in found for each in page["schedules"]]


def complete_schedule(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer schedules to the shell."""
    return ask(context, lambda client: _newest(client, incomplete.upper()))


def _newest(client: Client, prefix: str) -> list[CompletionItem]:
    schedules = (each for each in client.schedules.page()["schedules"][:RECENT] if each["id"].startswith(prefix))
    return [CompletionItem(each["id"], help=each["name"] or each["summary"]) for each in schedules]


schedule_argument = click.argument("schedule", type=Text(), metavar="SCHEDULE", shell_complete=complete_schedule)


class ScheduleNotFound(ClientError):
    """No schedule matches what the user typed."""

    reason = "NOT_FOUND"
    status = 404
