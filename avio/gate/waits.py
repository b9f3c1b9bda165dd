"""One wait for all pods that ask for the same: it asks avio by the rule of `avio wait`, in threads, a turn at a time.

A wait ends when nobody asks any longer. All of it is known again after a restart: pods are listed, avio is asked.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from avio.client import Client, ClientError, wait_for_path
from avio.client.errors import ApiError
from avio.client.shapes import WaitInfo
from avio.client.transport import is_temporary
from avio.gate.account import UNAUTHORIZED, Account
from avio.gate.pods import Ask, Pod

# After which a wait gives its thread to one that stands in line, if one does.
TURN_SECONDS = 60.0

# Before avio is asked again after an error: one that may pass, and one that needs somebody to correct something.
SOON_SECONDS = 5.0
LATER_SECONDS = 60.0

Asker = Callable[[Client, str, str, Callable[[ClientError], None]], Iterator[WaitInfo]]


def ask_avio(client: Client, path: str, until: str, no_news: Callable[[ClientError], None]) -> Iterator[WaitInfo]:
    """Yield how the path stands, at each answer. A path that is not there may come."""
    return wait_for_path(client, path, until, may_be_missing=True, no_news=no_news)


@dataclass(slots=True)
class Turn:
    """What a turn has come to: the answer that meets the condition, or how long to pause before the next turn."""

    met: WaitInfo | None = None
    pause: float = 0.0


@dataclass(eq=False)
class PathWait:
    """A wait and the pods that wait for it, by uid. `tell` gets each answer and each error, in the thread that asks."""

    ask: Ask
    account: Account
    tell: Callable[["PathWait", WaitInfo | ClientError], None]
    asker: Asker = ask_avio
    pods: dict[str, Pod] = field(default_factory=dict)
    _token: str = ""
    _answers: Iterator[WaitInfo] | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def turn(self, others_wait: Callable[[], bool]) -> Turn:
        """Ask until the condition is met, nobody asks, others wait for long enough, or an error comes."""
        began = time.monotonic()
        try:
            while self.pods:
                info = self._next()
                if info["met"]:
                    self.close()
                    return Turn(met=info)
                self.tell(self, info)
                if others_wait() and time.monotonic() - began > TURN_SECONDS:
                    break  # the next turn goes on from here
        except ClientError as error:
            self.close()
            return self._after(error)
        return Turn()

    def close(self) -> None:
        """Close the connections; the next turn opens new ones."""
        self._answers = None
        self._open.close()

    def _next(self) -> WaitInfo:
        if self._answers is None:
            self._token = self.account.token()
            client = self._open.enter_context(Client(self.account.url, self._token))
            self._answers = self.asker(client, self.ask.path, self.ask.until, lambda error: self.tell(self, error))
        return next(self._answers)

    def _after(self, error: ClientError) -> Turn:
        """Return when to ask again. A token that has ended is no trouble: the next turn has a new one."""
        if self._token and isinstance(error, ApiError) and error.status == UNAUTHORIZED:
            token, self._token = self._token, ""
            self.account.forget(token)
            return Turn(pause=SOON_SECONDS)
        self.tell(self, error)
        return Turn(pause=max(SOON_SECONDS if is_temporary(error) else LATER_SECONDS, error.retry_after or 0))
