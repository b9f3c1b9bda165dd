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
    """A handshake that was made. `metadata` goes with every call; the server believes the user's name.

    Raises grpc.RpcError when the server refuses, or does not answer within `limit` seconds.
    """

    def __init__(self, channel: grpc.Channel, user: str, limit: float) -> None:
        session_id = str(uuid4())
        self.metadata = (("channel-id", session_id),)
        self._ended = threading.Event()
        # The server wants a password in the message, and looks at none.
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
        alarm = threading.Timer(limit, self._call.cancel)  # a limit of the call's own would end the session with it
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
        """Tell whether the server still knows the session: its stream is open."""
        return self._call.is_active()

    def end(self) -> None:
        """Leave the session."""
        self._ended.set()
        self._call.cancel()

    def _say(self, hello: sasl.SaslMessage) -> Iterator[sasl.SaslMessage]:
        """Say hello, and keep our side of the stream open: the session is over when it closes."""
        yield hello
        self._ended.wait()
