"""A master of an older release: every call goes to the real master, but for those that it does not have."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc

THREADS = 16
LIMIT = 600.0  # seconds for a call


class _Forward(grpc.GenericRpcHandler):
    def __init__(self, real: grpc.Channel, lacks: str) -> None:
        self._real = real
        self._lacks = lacks

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        method: str = handler_call_details.method
        if method.endswith("/" + self._lacks):
            return None  # UNIMPLEMENTED, as from a server that does not know it

        def forward(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            left = context.time_remaining()  # some ages for a call without a limit
            told = [(key, value) for key, value in context.invocation_metadata() if key == "channel-id"]
            try:
                yield from self._real.stream_stream(method)(requests, metadata=told, timeout=min(left, LIMIT))
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())

        return grpc.stream_stream_rpc_method_handler(forward)


@contextmanager
def master_without(call: str, address: str) -> Iterator[str]:
    """Yield the address of a server that forwards every call but `call` to the master at `address`."""
    with grpc.insecure_channel(address) as real:
        server = grpc.server(ThreadPoolExecutor(THREADS), handlers=[_Forward(real, call)])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()
