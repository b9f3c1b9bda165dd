"""The workers by gRPC (port 29999): load, remove, move and read blocks, and read objects of the bucket.

Used in the job process, from any thread; opens nothing before the first call. Never retries: the engine
decides whether another worker gets a batch.
"""

import itertools
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import NamedTuple

from grpc import StatusCode

from avio.engines.alluxio.clients.channel import Channel
from avio.engines.alluxio.clients.errors import Refused
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.proto import worker_pb2 as pb
from avio.errors import Corrupt, Gone, PathNotFound

SHORT_SECONDS = 30.0
READ_SECONDS = 600.0  # for one block
CHUNK_BYTES = 1 << 20

SERVICE = "/alluxio.grpc.block.BlockWorker/"

_NO_BLOCK = "BlockMeta not found"  # reported with the code INTERNAL

_CODES = {code.value[0]: code.name for code in StatusCode}

# Ids that no file has. For a block that it has, a worker would send the cached bytes instead of the object's.
_unused_ids = itertools.count((1 << 62) + random.getrandbits(48) * 1024)


class LoadBlock(NamedTuple):
    """A block to load: bytes `offset` to `offset + length` of the bucket's `ufs_path`, in mount `mount_id`."""

    id: int
    length: int
    ufs_path: str
    offset: int
    mount_id: int


class BlockFailure(NamedTuple):
    """Why a worker did not load a block. `code` is gRPC's name."""

    block_id: int
    code: str
    message: str
    retryable: bool

    @property
    def already_there(self) -> bool:
        """Return True if the worker refused the block because it has it already.

        If the master has no location for it, the block is orphaned: remove it, then load it again.
        """
        return self.code == "ALREADY_EXISTS" or "already committed" in self.message


class Workers:
    """The workers, by address. Raises EngineAway if one does not answer; else errors of `errors.of_code`."""

    def __init__(self, settings: AlluxioSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._channels: dict[Address, Channel] = {}

    def load(
        self, worker: Address, blocks: Sequence[LoadBlock], *, tag: str, limit: float, bandwidth: int | None = None
    ) -> list[BlockFailure]:
        """Make `worker` load `blocks` from the bucket. Return the failed ones; the others are in its cache.

        The worker allocates a direct buffer for each block: limit the bytes of a call. A message may have 4 MB.
        `bandwidth` is in bytes per second, `limit` in seconds for the whole call, `tag` names the job in the worker's
        metrics. After EngineAway any of them may be loaded: ask the master.
        """
        request = pb.LoadRequest(
            blocks=[
                pb.Block(block_id=id_, length=length, ufs_path=ufs_path, offset_in_file=offset, mount_id=mount_id)
                for id_, length, ufs_path, offset, mount_id in blocks
            ],
            options=pb.UfsReadOptions(tag=tag, position_short=False, bandwidth=bandwidth),
        )
        reply = self._channel(worker).call(SERVICE + "Load", request, pb.LoadResponse, limit=limit)
        if reply.status == pb.SUCCESS:
            return []
        return [
            BlockFailure(told.block.block_id, _CODES.get(told.code, str(told.code)), told.message, told.retryable)
            for told in reply.block_status
            if told.code != StatusCode.OK.value[0]
        ]

    def check(self, worker: Address) -> None:
        """Return if `worker` answers and accepts the user. Raise EngineAway or AccessDenied otherwise."""
        with suppress(Gone):
            list(self.read(worker, 0, 1, limit=SHORT_SECONDS))  # no block has this id

    def touch(self, worker: Address, block_id: int) -> None:
        """Read the first byte of a cached block: the worker then drops all blocks that were used before it first.

        Raises Gone.
        """
        for _ in self.read(worker, block_id, 1, limit=SHORT_SECONDS):
            pass

    def remove(self, worker: Address, block_id: int) -> None:
        """Drop a block from a worker, whether the master knows it or not. Idempotent."""
        request = pb.RemoveBlockRequest(block_id=block_id)
        self._channel(worker).call(SERVICE + "RemoveBlock", request, pb.Empty, limit=SHORT_SECONDS)

    def move(self, worker: Address, block_id: int, medium: str) -> None:
        """Move a cached block of the worker to `medium` (MEM, SSD, HDD).

        Raises Exhausted if it has no room or no such medium, Gone if the worker does not have the block.
        """
        request = pb.MoveBlockRequest(block_id=block_id, medium_type=medium)
        try:
            self._channel(worker).call(SERVICE + "MoveBlock", request, pb.Empty, limit=SHORT_SECONDS)
        except Refused as error:
            if _NO_BLOCK not in error.message:
                raise
            raise Gone(error.message) from None

    def read(
        self, worker: Address, block_id: int, length: int, *, offset: int = 0, limit: float = READ_SECONDS
    ) -> Iterator[bytes]:
        """Yield `length` cached bytes of a block in chunks of 1 MiB or so. Raises Gone, or Corrupt if it is cut."""
        request = pb.ReadRequest(block_id=block_id, offset=offset, length=length, chunk_size=CHUNK_BYTES)
        received = 0
        try:
            for data in self._stream(worker, request, limit):
                received += len(data)
                yield data
        except PathNotFound as error:
            raise Gone(error.message) from None
        if received != length:
            raise Corrupt(f"block {block_id}: its worker sent {received} of {length} bytes")

    def read_object(
        self, worker: Address, ufs_path: str, mount_id: int, *, offset: int, length: int
    ) -> Iterator[bytes]:
        """Yield bytes `offset` to `offset + length` of the bucket's `ufs_path`, past the cache.

        Fewer if the object is shorter. Raises PathNotFound if there is none. The worker has the bucket's keys.
        """
        options = pb.OpenUfsBlockOptions(
            ufs_path=ufs_path,
            offset_in_file=offset,
            block_size=length,
            mount_id=mount_id,
            no_cache=True,
            max_ufs_read_concurrency=64,
        )
        request = pb.ReadRequest(
            block_id=next(_unused_ids),
            offset=0,
            length=length,
            chunk_size=CHUNK_BYTES,
            open_ufs_block_options=options,
        )
        return self._stream(worker, request, READ_SECONDS)

    def close(self) -> None:
        """Close all connections; the next call opens its own again."""
        with self._lock:
            channels = [*self._channels.values()]
        for channel in channels:
            channel.close()

    def _stream(self, worker: Address, request: pb.ReadRequest, limit: float) -> Iterator[bytes]:
        """Yield the bytes from a worker, up to the requested length.

        The worker sends only a little ahead of the acknowledged bytes, so memory is bounded.
        """
        receipts: SimpleQueue[pb.ReadRequest | None] = SimpleQueue()

        def requests() -> Iterator[pb.ReadRequest]:
            """Send the request, then acknowledgements. The stream stays open until all bytes are here or it stops."""
            yield request
            yield from iter(receipts.get, None)

        received = 0
        try:
            for reply in self._channel(worker).stream(SERVICE + "ReadBlock", requests, pb.ReadResponse, limit=limit):
                received += len(reply.chunk.data)
                receipts.put(pb.ReadRequest(offset_received=request.offset + received))
                yield reply.chunk.data
                if received >= request.length:
                    break
        finally:
            receipts.put(None)

    def _channel(self, worker: Address) -> Channel:
        """Return the channel to `worker`. Channels are kept, since a cluster has few workers."""
        with self._lock:
            channel = self._channels.get(worker)
            if channel is None:
                channel = self._channels[worker] = Channel("the Alluxio worker", worker, self._settings)
            return channel
