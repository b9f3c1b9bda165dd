"""The job of a schedule, written as a command of its own: `-- preload PATH... [OPTION]...`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
from click.shell_completion import CompletionItem

from avio.client import Client
from avio.commands.check import check
from avio.commands.order_options import build_params
from avio.commands.preload import preload
from avio.commands.save import save
from avio.wire.states import JobType

ORDERS = {
    "preload": (preload, JobType.PRELOAD),
    "save": (save, JobType.SAVE),
    "check": (check, JobType.CHECK),
}

# Options of those commands that say nothing about the job itself.
USELESS = ("at", "after", "dry_run", "plan_to", "wait", "no_wait", "progress", "as_json")
NOT_PARAMS = (*USELESS, "paths", "from_file", "from_object", "null", "name")


@dataclass(frozen=True, slots=True)
class ScheduledOrder:
    """Type, name and params of the jobs of a schedule, as JSON names them."""

    type: JobType
    name: str | None
    params: dict[str, Any]


def read_order(client: Client, words: Sequence[str]) -> ScheduledOrder:
    """Return what the words of a command order. Raise UsageError as that command does."""
    name, *rest = words
    if name not in ORDERS:
        raise click.UsageError(f"{name!r} can't be scheduled; write -- {'|'.join(ORDERS)} PATH... [OPTION]...")
    command, kind = ORDERS[name]
    # A child of the root: help and errors then name the command as a person may type it alone.
    root = click.get_current_context().find_root()
    with command.make_context(name, list(rest), parent=root) as context:
        _refuse_useless(context)
        given = context.params
        chosen = {option: value for option, value in given.items() if option not in NOT_PARAMS}
        params = build_params(client, given["paths"], None, given["from_object"], chosen, null=given["null"])
        return ScheduledOrder(kind, given["name"], params)


def _refuse_useless(context: click.Context) -> None:
    if context.params["from_file"] is not None:
        message = "--from-file can't be scheduled: the server keeps such a list for days only; use --from-object"
        raise click.UsageError(message, context)
    for option in context.command.params:
        is_given = context.get_parameter_source(option.name or "") is click.core.ParameterSource.COMMANDLINE
        if is_given and option.name in USELESS:
            raise click.UsageError(f"{option.opts[-1]} has no effect on the jobs of a schedule; remove it", context)


def complete_order(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the commands that can be scheduled."""
    return [CompletionItem(name) for name in ORDERS if name.startswith(incomplete)]
