"""The workers by gRPC (port 29999): load, remove, move and read blocks.

Used in the job process, from any thread; opens nothing before the first call. Never tries again by itself: whether
another worker takes a batch is the engine's to say.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from grpc import StatusCode

from avio.engines.alluxio.channel import Channel
from avio.engines.alluxio.errors import Refused
from avio.engines.alluxio.proto import worker_pb2 as pb
from avio.engines.alluxio.reading import read_block
from avio.engines.alluxio.settings import AlluxioSettings
from avio.engines.alluxio.status import Address
from avio.errors import Gone, PathNotFound

SHORT = 30.0  # seconds

SERVICE = "/alluxio.grpc.block.BlockWorker/"

_NO_BLOCK = "BlockMeta not found"  # said with INTERNAL

_CODES = {code.value[0]: code.name for code in StatusCode}


class LoadBlock(NamedTuple):
    """A block to load: bytes `offset` to `offset + length` of the bucket's `ufs_path`, in mount `mount_id`."""

    id: int
    length: int
    ufs_path: str
    offset: int
    mount_id: int


class BlockFailure(NamedTuple):
    """Why a worker did not load a block; `code` is gRPC's name."""

    block_id: int
    code: str
    message: str
    retryable: bool

    @property
    def already_there(self) -> bool:
        """Tell whether the worker refused the block since it holds it.

        When the master gives no location for it even so, it is orphaned: remove it, then load again.
        """
        return self.code == "ALREADY_EXISTS" or "already committed" in self.message


class Workers:
    """The workers, each told by its address. EngineAway when one does not answer; else `errors.of_code`."""

    def __init__(self, settings: AlluxioSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._channels: dict[Address, Channel] = {}

    def load(
        self, worker: Address, blocks: Sequence[LoadBlock], *, tag: str, limit: float, bandwidth: int | None = None
    ) -> list[BlockFailure]:
        """Have `worker` load `blocks` from the bucket, and return those that it did not; the others are in its cache.

        The worker takes a direct buffer of each block's length: bound the bytes of a call. It takes messages of 4 MB.
        `bandwidth` is in bytes a second, `limit` in seconds for the whole call, `tag` names the work in the worker's
        metrics. EngineAway leaves open which of them it loaded: ask the master.
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
        """Return when `worker` answers and knows us; raise EngineAway or AccessDenied."""
        with suppress(Gone):
            list(self.read(worker, 0, 1, limit=SHORT))  # no block has this id

    def remove(self, worker: Address, block_id: int) -> None:
        """Drop a block from a worker, whether the master knows of it or not; nothing happens when it is not there."""
        request = pb.RemoveBlockRequest(block_id=block_id)
        self._channel(worker).call(SERVICE + "RemoveBlock", request, pb.Empty, limit=SHORT)

    def move(self, worker: Address, block_id: int, medium: str) -> None:
        """Put a block that the worker holds on `medium` (MEM, SSD, HDD).

        Exhausted when it has no room or no such medium, Gone when the worker does not hold the block.
        """
        request = pb.MoveBlockRequest(block_id=block_id, medium_type=medium)
        try:
            self._channel(worker).call(SERVICE + "MoveBlock", request, pb.Empty, limit=SHORT)
        except Refused as error:
            if _NO_BLOCK not in error.message:
                raise
            raise Gone(error.message) from None

    def read(
        self, worker: Address, block_id: int, length: int, *, offset: int = 0, limit: float = 600
    ) -> Iterator[bytes]:
        """Yield `length` cached bytes of a block in pieces of about 1 MiB. Raises Gone; Corrupt when fewer came."""
        try:
            yield from read_block(self._channel(worker), SERVICE + "ReadBlock", block_id, offset, length, limit)
        except PathNotFound as error:
            raise Gone(error.message) from None

    def close(self) -> None:
        """Close all connections; the next call opens its own again."""
        with self._lock:
            channels = [*self._channels.values()]
        for channel in channels:
            channel.close()

    def _channel(self, worker: Address) -> Channel:
        """Return the channel to `worker`; a cluster has few of them, and their addresses last."""
        with self._lock:
            channel = self._channels.get(worker)
            if channel is None:
                channel = self._channels[worker] = Channel("the Alluxio worker", worker, self._settings)
            return channel
