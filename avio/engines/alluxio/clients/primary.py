"""Finds the primary master by trying, and keeps it until it fails.

Used by master.py, from any thread; opens nothing before the first call.
"""

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from avio.engines.alluxio.clients.channel import Channel
from avio.engines.alluxio.clients.errors import Exhausted
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.retry import with_patience
from avio.errors import EngineAway, Unsupported

M = TypeVar("M", bound=Message)
T = TypeVar("T")

_SERVICE = "/alluxio.grpc.file.FileSystemMasterClientService/"


class NotServing(EngineAway):
    """The master does not serve its calls: it is starting, or a standby."""


class Primary:
    """The masters of `settings`. If one is starting or a standby, the next one is asked."""

    def __init__(self, settings: AlluxioSettings) -> None:
        self._channels = [Channel("the Alluxio master", address, settings) for address in settings.masters]
        self._first = 0  # the master that answered last; a race between threads costs one extra call

    def call(self, method: str, request: Message, reply: type[M], limit: float, patience: float) -> M:
        """Return the reply. Ask all masters in turn, repeatedly, within the patience."""
        return with_patience(
            lambda: self._round(lambda channel: channel.call(_SERVICE + method, request, reply, limit=limit)), patience
        )

    def drain(self, method: str, request: Message, reply: type[Message], limit: float, patience: float) -> None:
        """Make a call with a stream of replies, and read it to its end; otherwise as `call`."""

        def ask(channel: Channel) -> None:
            for _ in channel.stream(_SERVICE + method, lambda: iter((request,)), reply, limit=limit):
                pass

        with_patience(lambda: self._round(ask), patience)

    def once(self, method: str, request: Message, reply: type[M], limit: float) -> M:
        """Make a call that must not be repeated: one try, at the last primary."""
        return self._channels[self._first].call(_SERVICE + method, request, reply, limit=limit)

    def close(self) -> None:
        """Close all connections. The next call opens new ones."""
        for channel in self._channels:
            channel.close()

    def _round(self, ask: Callable[[Channel], T]) -> T:
        first = self._first
        error: EngineAway | None = None
        for step in range(len(self._channels)):
            turn = (first + step) % len(self._channels)
            try:
                answer = ask(self._channels[turn])
            except Exhausted:
                raise
            except EngineAway as away:
                error = error or away
            except Unsupported as refusal:  # every release of 2.9 has all calls that are made here
                error = NotServing(f"{refusal.message}; it is starting, or a standby")
            else:
                self._first = turn
                return answer
        raise error or EngineAway("the settings name no Alluxio master")
