"""Builds statuses from the master's gRPC messages.

Used by master.py. A listing has thousands, so each location object is made once.
"""

from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status
from avio.engines.alluxio.proto.master_pb2 import BlockLocation, FileBlockInfo, FileInfo

_PERSISTENCE = {str(each): each for each in Persistence}  # for speed


class Reader:
    """Turns messages into statuses. All blocks share a few location objects."""

    def __init__(self) -> None:
        self._locations: dict[tuple[int, str, str], Location] = {}

    def status(self, info: FileInfo) -> Status:
        """Return the status in `info`."""
        return Status(
            path=info.path,
            folder=info.folder,
            length=info.length,
            completed=info.completed,
            persistence=_PERSISTENCE.get(info.persistence_state) or Persistence(info.persistence_state),
            mount_point=info.mount_point,
            mount_id=info.mount_id,
            ufs_path=info.ufs_path,
            blocks=tuple([self._block(block) for block in info.file_block_infos]),
            percent=info.in_alluxio_percentage,
            modified=info.last_modification_time_ms,
            fingerprint=info.ufs_fingerprint,
            pinned=info.pinned,
        )

    def _block(self, block: FileBlockInfo) -> Block:
        info = block.block_info
        return Block(
            info.block_id, info.length, block.offset, tuple([self._location(place) for place in info.locations])
        )

    def _location(self, place: BlockLocation) -> Location:
        key = (place.worker_id, place.tier_alias, place.medium_type)
        location = self._locations.get(key)
        if location is None:
            address = Address(place.worker_address.host, place.worker_address.rpc_port)
            location = self._locations[key] = Location(address, *key)
        return location
