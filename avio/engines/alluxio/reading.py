"""Reads the bytes of a cached block back from its worker.

Used by worker.py in the job process. The worker sends ahead of what was acknowledged only a little: memory is bounded.
"""

from collections.abc import Iterator
from queue import SimpleQueue

from avio.engines.alluxio.channel import Channel
from avio.engines.alluxio.proto import worker_pb2 as pb
from avio.errors import Corrupt

PIECE = 1 << 20  # bytes


def read_block(channel: Channel, method: str, block_id: int, offset: int, length: int, limit: float) -> Iterator[bytes]:
    """Yield bytes `offset` to `offset + length` of a block; Corrupt when fewer came."""
    receipts: SimpleQueue[pb.ReadRequest | None] = SimpleQueue()

    def requests() -> Iterator[pb.ReadRequest]:
        """Ask, then acknowledge; the stream stays open until all has come, or the worker stops sending."""
        yield pb.ReadRequest(block_id=block_id, offset=offset, length=length, chunk_size=PIECE)
        yield from iter(receipts.get, None)

    received = 0
    try:
        for reply in channel.stream(method, requests, pb.ReadResponse, limit=limit):
            received += len(reply.chunk.data)
            receipts.put(pb.ReadRequest(offset_received=offset + received))
            yield reply.chunk.data
            if received >= length:
                break
    finally:
        receipts.put(None)
    if received != length:
        raise Corrupt(f"block {block_id}: its worker sent {received} of {length} bytes")
