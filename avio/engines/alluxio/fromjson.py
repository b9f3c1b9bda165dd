"""Statuses as the proxy's REST gives them.

Used by proxy.py. The JSON holds everything twice; the flat half is read.
"""

from typing import Any

from avio.engines.alluxio.status import Address, Block, Location, Persistence, Status


def status_of(info: dict[str, Any]) -> Status:
    """Return what the JSON of Alluxio's URIStatus says."""
    return Status(
        path=info["path"],
        folder=info["folder"],
        length=info["length"],
        completed=info["completed"],
        persistence=Persistence(info["persistenceState"]),
        mount_point=info["mountPoint"],
        mount_id=info["mountId"],
        ufs_path=info["ufsPath"],
        block_size=info["blockSizeBytes"],
        blocks=tuple(_block(block) for block in info["fileBlockInfos"]),
        percent=info["inAlluxioPercentage"],
        modified=info["lastModificationTimeMs"],
        fingerprint=info["ufsFingerprint"] or "",
        pinned=info["pinned"],
    )


def _block(block: dict[str, Any]) -> Block:
    info = block["blockInfo"]
    locations = tuple(_location(place) for place in info["locations"])
    return Block(info["blockId"], info["length"], block["offset"], locations)


def _location(place: dict[str, Any]) -> Location:
    address = place["workerAddress"]
    return Location(
        Address(address["host"], address["rpcPort"]), place["workerId"], place["tierAlias"], place["mediumType"]
    )
