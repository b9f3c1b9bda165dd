"""The file calls of the proxy's REST (port 39999): the fallback if the master's gRPC is closed.

Used in web and the job process, from any thread; opens nothing before the first call.
"""

from typing import Any
from urllib.parse import quote

from avio.engines.alluxio.clients.errors import DeadProxy
from avio.engines.alluxio.clients.path_rules import addressable
from avio.engines.alluxio.clients.rest import Rest
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status

SHORT_SECONDS = 30.0
LONG_SECONDS = 300.0

_SYNC = {"loadMetadataType": "ALWAYS", "commonOptions": {"syncIntervalMs": 0}}


class Proxy:
    """The proxy, which acts as its own user. Raises ValueError if the settings name none.

    Raises DeadProxy if its file calls are disabled; else errors of `errors.of_code`.
    """

    def __init__(self, settings: AlluxioSettings) -> None:
        if settings.proxy is None:
            raise ValueError('alluxio.proxy is missing; write proxy = "http://host:39999"')
        self._url = settings.proxy
        self._rest = Rest("the Alluxio proxy", [settings.proxy], settings.patience)

    def check(self) -> None:
        """Return if the proxy answers file calls. Raise DeadProxy or EngineAway otherwise."""
        self._told("/", "exists", {}, SHORT_SECONDS)

    def status(self, path: str, *, sync: bool = False) -> Status:
        """As `Master.status`."""
        return _status_of(self._told(path, "get-status", _SYNC if sync else {"updateTimestamps": False}, SHORT_SECONDS))

    def listing(
        self, path: str, *, recursive: bool = False, load: bool = True, limit: float | None = None
    ) -> list[Status]:
        """Return all statuses below `path`, about 2 KiB each. `load` as in `Master.page`."""
        options = {"recursive": recursive, "loadMetadataType": "ONCE" if load else "NEVER"}
        return [_status_of(info) for info in self._told(path, "list-status", options, limit or LONG_SECONDS)]

    def sync(self, path: str, *, recursive: bool = True, compare: bool = True, limit: float = 3600) -> None:
        """As `Master.sync`."""
        options = _SYNC if compare else {**_SYNC, "commonOptions": {"syncIntervalMs": -1}}
        self._told(path, "list-status", {**options, "recursive": recursive, "loadMetadataOnly": True}, limit)

    def free(self, path: str, *, recursive: bool) -> None:
        """As `Master.free`."""
        self._done(path, "free", {"recursive": recursive}, LONG_SECONDS)

    def mark_persisted(self, path: str) -> None:
        """Mark `path` as persisted at its `ufs_path`: the second step, after a completed persist job.

        Copies nothing: without the first step the data is lost at the next eviction. The fingerprint stays empty, so
        that the next forced sync drops the cached copy.
        """
        self._done(path, "set-attribute", {"persisted": True}, SHORT_SECONDS)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._rest.close()

    def _told(self, path: str, operation: str, options: dict[str, Any], limit: float) -> Any:
        """Return the answer to an operation that never answers with an empty body."""
        answer = self._post(path, operation, options, limit)
        if answer is None:
            raise DeadProxy(
                f"the Alluxio proxy at {self._url} answers {operation} with an empty body: it serves S3 alone"
            )
        return answer

    def _done(self, path: str, operation: str, options: dict[str, Any], limit: float) -> None:
        """Make an operation whose answer is always empty. A disabled proxy answers the same, so check first."""
        self.check()
        self._post(path, operation, options, limit)

    def _post(self, path: str, operation: str, options: dict[str, Any], limit: float) -> Any:
        # The URL has two slashes after `paths`: the second one begins the path.
        return self._rest.post(f"/api/v1/paths/{quote(addressable(path))}/{operation}", body=options, limit=limit)


def _status_of(info: dict[str, Any]) -> Status:
    """Return the status in the JSON of Alluxio's URIStatus. It has all data twice; this reads the flat half."""
    return Status(
        path=info["path"],
        folder=info["folder"],
        length=info["length"],
        completed=info["completed"],
        persistence=Persistence(info["persistenceState"]),
        mount_point=info["mountPoint"],
        mount_id=info["mountId"],
        ufs_path=info["ufsPath"],
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
