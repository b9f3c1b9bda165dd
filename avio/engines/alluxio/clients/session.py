"""The handshake of a gRPC connection with user name (Alluxio's SIMPLE), and the stream that keeps it valid.

Used by channel.py in web and the job process.
"""

import threading
from collections.abc import Iterator
from uuid import uuid4

import grpc

from avio.engines.alluxio.proto import sasl_pb2 as sasl

_METHOD = "/alluxio.grpc.sasl.SaslAuthenticationService/authenticate"


class Session:
    """A completed handshake. Every call carries `metadata`. The server trusts the user's name.

    Raises grpc.RpcError if the server refuses, or does not answer within `limit` seconds.
    """

    def __init__(self, channel: grpc.Channel, user: str, limit: float) -> None:
        session_id = str(uuid4())
        self.metadata = (("channel-id", session_id),)
        self._ended = threading.Event()
        # The server requires a password in the message, and ignores its value.
        hello = sasl.SaslMessage(
            message_type=sasl.CHALLENGE,
            message=b"\0" + user.encode() + b"\0none",
            client_id=session_id,
            authentication_scheme=sasl.SIMPLE,
            channel_ref="avio",
        )
        authenticate = channel.stream_stream(
            _METHOD,
            request_serializer=sasl.SaslMessage.SerializeToString,
            response_deserializer=sasl.SaslMessage.FromString,
        )
        self._call = authenticate(self._say(hello))
        alarm = threading.Timer(limit, self._call.cancel)  # a time limit on this call would end the session
        alarm.daemon = True
        alarm.start()
        try:
            next(self._call)
        except BaseException:
            self._ended.set()
            raise
        finally:
            alarm.cancel()

    @property
    def valid(self) -> bool:
        """Return True if the session is valid: its stream is open."""
        return self._call.is_active()

    def end(self) -> None:
        """End the session."""
        self._ended.set()
        self._call.cancel()

    def _say(self, hello: sasl.SaslMessage) -> Iterator[sasl.SaslMessage]:
        """Send the first message, and keep the client's side of the stream open. Closing it ends the session."""
        yield hello
        self._ended.wait()
