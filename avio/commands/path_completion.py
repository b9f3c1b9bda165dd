"""Paths of buckets and cache, offered to the shell one level at a time."""

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from avio.client import Client, path_of
from avio.client.shapes import EntryInfo
from avio.commands.asked_by_shell import ask

PAGE = 1000  # entries of a directory that are looked at

Takes = Callable[[EntryInfo], bool]


def complete_path(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer what is in the bucket or in the cache."""
    return ask(context, lambda client: _below(client, incomplete, lambda entry: True))


def complete_cached_path(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer what is cached, as far as it is known: directories may not have been counted."""
    return ask(context, lambda client: _below(client, incomplete, _may_be_cached))


def _below(client: Client, incomplete: str, takes: Takes) -> list[CompletionItem]:
    """Return the entries of the directory that the last slash ends, which begin as the word does."""
    if incomplete and not incomplete.startswith("/"):
        return []
    entries = client.list(incomplete.rpartition("/")[0] or "/", depth=1, page_size=PAGE)["entries"]
    offered = (_shown(entry) for entry in entries if takes(entry))
    return [CompletionItem(shown) for shown in offered if shown.startswith(incomplete) and shown.isprintable()]


def _shown(entry: EntryInfo) -> str:
    return path_of(entry) + ("/" if entry["kind"] == "directory" else "")


def _may_be_cached(entry: EntryInfo) -> bool:
    return entry["state"] != "remote"
