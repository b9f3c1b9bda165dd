"""A connection to one gRPC server. It connects at the first call, makes the handshake, and limits every call.

Used by the clients in web and the job process, from any thread; a fork before the first call is safe.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from avio.engines.alluxio.clients.errors import of_code
from avio.engines.alluxio.clients.session import Session
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import Address
from avio.errors import AccessDenied, EngineError

M = TypeVar("M", bound=Message)
T = TypeVar("T")
Metadata = tuple[tuple[str, str], ...]

HANDSHAKE_LIMIT_SECONDS = 10.0

_OPTIONS = [
    ("grpc.max_receive_message_length", 128 << 20),  # a file of a terabyte has a long list of blocks
    ("grpc.max_send_message_length", 128 << 20),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
    # These settings find a restarted server soon, and notice during a long call that a machine vanished.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
]


class Channel:
    """A connection to the server at `address`; `name` goes into errors, which are those of `errors.of_code`."""

    def __init__(self, name: str, address: Address, settings: AlluxioSettings) -> None:
        self._name = f"{name} at {address}"
        self._address = address
        self._user = settings.user if settings.auth == "simple" else None
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None
        self._session: Session | None = None

    def call(self, method: str, request: Message, reply: type[M], *, limit: float) -> M:
        """Return the reply to `request`; `method` is `/package.Service/Method`, `limit` in seconds."""

        def ask(channel: grpc.Channel, metadata: Metadata) -> M:
            stub = channel.unary_unary(
                method, request_serializer=type(request).SerializeToString, response_deserializer=reply.FromString
            )
            answer: M = stub(request, timeout=limit, metadata=metadata)
            return answer

        return self._asked(method, ask)

    def stream(
        self, method: str, requests: Callable[[], Iterator[Message]], reply: type[M], *, limit: float
    ) -> Iterator[M]:
        """Yield the replies to `requests()`, within `limit` seconds for all. Closing the iterator ends the call."""

        def ask(channel: grpc.Channel, metadata: Metadata) -> tuple[Any, M | None]:
            stub: grpc.StreamStreamMultiCallable[Message, M] = channel.stream_stream(
                method,
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=reply.FromString,
            )
            call = stub(requests(), timeout=limit, metadata=metadata)
            return call, next(call, None)

        call, first = self._asked(method, ask)
        try:
            while first is not None:
                yield first
                first = next(call, None)
        except grpc.RpcError as error:
            raise self._of(error, method) from None
        finally:
            call.cancel()

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._lock:
            session, channel = self._session, self._channel
            self._session = self._channel = None
        if session is not None:
            session.end()
        if channel is not None:
            channel.close()

    def _asked(self, method: str, ask: Callable[[grpc.Channel, Metadata], T]) -> T:
        """Return the result of `ask`. Repeat the handshake if the server has forgotten it."""
        channel, session = self._open()
        try:
            return ask(channel, session.metadata if session else ())
        except grpc.RpcError as error:
            if session is None or error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                raise self._of(error, method) from None
        session.end()
        channel, session = self._open()
        try:
            return ask(channel, session.metadata if session else ())
        except grpc.RpcError as error:
            raise self._of(error, method) from None

    def _open(self) -> tuple[grpc.Channel, Session | None]:
        with self._lock:
            if self._channel is None:
                self._channel = grpc.insecure_channel(str(self._address), _OPTIONS)
            if self._user is not None and (self._session is None or not self._session.valid):
                self._session = self._shake_hands(self._channel, self._user)
            return self._channel, self._session

    def _shake_hands(self, channel: grpc.Channel, user: str) -> Session:
        try:
            return Session(channel, user, HANDSHAKE_LIMIT_SECONDS)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                raise AccessDenied(
                    f"{self._name} does not support the handshake",
                    cure='set auth = "nosasl" in [alluxio], as in the cluster',
                ) from None
            raise self._of(error, "handshake") from None

    def _of(self, error: grpc.RpcError, method: str) -> EngineError:
        return of_code(error.code().name, error.details() or "", f"{self._name}, {method.rpartition('/')[2]}")
