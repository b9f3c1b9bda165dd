"""Reads an object of the bucket through a worker, past the cache: for comparing, and for seeing whether it is there.

Used in the job process. The worker has the bucket's keys; avio needs none.
"""

import itertools
import random
import threading
from collections.abc import Iterator
from queue import SimpleQueue

from avio.engines.alluxio.channel import Channel
from avio.engines.alluxio.proto import bucket_pb2 as pb
from avio.engines.alluxio.proto import worker_pb2
from avio.engines.alluxio.roster import Roster
from avio.engines.alluxio.savable import conflict
from avio.engines.alluxio.settings import AlluxioSettings
from avio.engines.alluxio.status import Address, Status
from avio.errors import EngineAway, PathNotFound

METHOD = "/alluxio.grpc.block.BlockWorker/ReadBlock"
PIECE = 1 << 20  # bytes
LIMIT = 600.0  # seconds for one block

# Ids that no file has: the worker would give the cached bytes of a block that it holds.
_ids = itertools.count((1 << 62) + random.getrandbits(48) * 1024)


class BucketLook:
    """Looks by any worker that is there. Safe to use from several threads."""

    def __init__(self, settings: AlluxioSettings, roster: Roster) -> None:
        self._settings = settings
        self._roster = roster
        self._lock = threading.Lock()
        self._channels: dict[Address, Channel] = {}

    def read(self, status: Status, offset: int, length: int) -> Iterator[bytes]:
        """Yield bytes `offset` to `offset + length` of the object of a file, in pieces; fewer where it is shorter."""
        request = pb.ReadRequest(
            block_id=next(_ids),
            offset=0,
            length=length,
            chunk_size=PIECE,
            open_ufs_block_options=pb.OpenUfsBlockOptions(
                ufs_path=status.ufs_path,
                offset_in_file=offset,
                block_size=length,
                mount_id=status.mount_id,
                no_cache=True,
                max_ufs_read_concurrency=64,
            ),
        )
        receipts: SimpleQueue[pb.ReadRequest | None] = SimpleQueue()

        def requests() -> Iterator[pb.ReadRequest]:
            yield request
            yield from iter(receipts.get, None)

        received = 0
        try:
            for reply in self._channel().stream(METHOD, requests, worker_pb2.ReadResponse, limit=LIMIT):
                received += len(reply.chunk.data)
                receipts.put(pb.ReadRequest(offset_received=received))
                yield reply.chunk.data
                if received >= length:
                    break
        finally:
            receipts.put(None)

    def must_be_free(self, status: Status) -> None:
        """Raise NotSaved when the bucket has an object where an unsaved file would go: Alluxio would delete it."""
        try:
            for _ in self.read(status, 0, 1):
                break
        except PathNotFound:
            return
        raise conflict(status)

    def close(self) -> None:
        """Close all connections; the next call opens its own again."""
        with self._lock:
            channels = [*self._channels.values()]
        for channel in channels:
            channel.close()

    def _channel(self) -> Channel:
        live = self._roster.live()
        if not live:
            raise EngineAway("no worker answers, so that nobody can look into the bucket")
        address = random.choice(live).address
        with self._lock:
            return self._channels.setdefault(address, Channel("the Alluxio worker", address, self._settings))
