"""The master among several that answers: found by trying, kept until it does not.

Used by master.py, from any thread; opens nothing before the first call.
"""

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from avio.engines.alluxio.channel import Channel
from avio.engines.alluxio.errors import Exhausted
from avio.engines.alluxio.retrying import patiently
from avio.engines.alluxio.settings import AlluxioSettings
from avio.errors import EngineAway, Unsupported

M = TypeVar("M", bound=Message)
T = TypeVar("T")

_SERVICE = "/alluxio.grpc.file.FileSystemMasterClientService/"


class NotServing(EngineAway):
    """A master that knows none of its calls: it is starting, or a standby."""


class Primary:
    """The masters of `settings`; where one is starting, or a standby, the next is asked."""

    def __init__(self, settings: AlluxioSettings) -> None:
        self._channels = [Channel("the Alluxio master", address, settings) for address in settings.masters]
        self._first = 0  # the one that answered last; a race between threads costs one call too many

    def call(self, method: str, request: Message, reply: type[M], limit: float, patience: float) -> M:
        """Return the reply, asking all masters in turn, again and again while the patience lasts."""
        return patiently(
            lambda: self._round(lambda channel: channel.call(_SERVICE + method, request, reply, limit=limit)), patience
        )

    def drain(self, method: str, request: Message, reply: type[Message], limit: float, patience: float) -> None:
        """Make a call that answers with a stream, and read it to its end; otherwise as `call`."""

        def ask(channel: Channel) -> None:
            for _ in channel.stream(_SERVICE + method, lambda: iter((request,)), reply, limit=limit):
                pass

        patiently(lambda: self._round(ask), patience)

    def once(self, method: str, request: Message, reply: type[Message], limit: float) -> None:
        """Make a call that must not be repeated: one try, at the master that answered last."""
        self._channels[self._first].call(_SERVICE + method, request, reply, limit=limit)

    def close(self) -> None:
        """Close all connections; the next call opens its own again."""
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
            except Unsupported as refusal:  # every call of ours is there in all of 2.9
                error = NotServing(f"{refusal.message}; it is starting, or a standby")
            else:
                self._first = turn
                return answer
        raise error or EngineAway("there is no Alluxio master in the settings")
