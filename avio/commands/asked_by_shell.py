"""What the shell is offered while a user types: by one short question to the server, or nothing.

There is no place for errors then: without a login, without an answer in time, and after any error nothing is offered.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click
from click.shell_completion import CompletionItem

from avio.client import Client
from avio.commands.session import current_token, current_url

REPLY_SECONDS = 1.0
LIMIT_SECONDS = 2.0  # for all of it: a reply may come in drops


class _Late(Exception):
    """The time is up."""


def ask(context: click.Context, question: Callable[[Client], list[CompletionItem]]) -> list[CompletionItem]:
    """Return what `question` finds with a client of the server in effect; nothing without a login."""
    with suppress(Exception), _limited():
        url = current_url(context.find_root().params.get("url"))
        if token := current_token(url):
            with Client(url, token, patience=0, timeout=REPLY_SECONDS) as client:
                return question(client)
    return []


@contextmanager
def _limited() -> Iterator[None]:
    """End the block after LIMIT_SECONDS. A completion is a process of its own, with one thread."""

    def stop(_: int, __: FrameType | None) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
