"""The file calls of the proxy's REST (port 39999): the way round where the master's gRPC is closed.

Used in web and the job process, from any thread; opens nothing before the first call.
"""

from typing import Any
from urllib.parse import quote

from avio.engines.alluxio.errors import DeadProxy
from avio.engines.alluxio.fromjson import status_of
from avio.engines.alluxio.naming import sayable
from avio.engines.alluxio.rest import Rest
from avio.engines.alluxio.settings import AlluxioSettings
from avio.engines.alluxio.status import Status

SHORT = 30.0  # seconds
LONG = 300.0  # seconds

_SYNC = {"loadMetadataType": "ALWAYS", "commonOptions": {"syncIntervalMs": 0}}


class Proxy:
    """The proxy, which acts as its own user; ValueError where the settings name none.

    DeadProxy when its file calls are switched off, before anything is believed to be done; else `errors.of_code`.
    """

    def __init__(self, settings: AlluxioSettings) -> None:
        if settings.proxy is None:
            raise ValueError('alluxio.proxy: is missing; write proxy = "http://host:39999"')
        self._url = settings.proxy
        self._rest = Rest("the Alluxio proxy", [settings.proxy], settings.patience)

    def check(self) -> None:
        """Return when the proxy answers file calls; raise DeadProxy or EngineAway."""
        self._told("/", "exists", {}, SHORT)

    def status(self, path: str, *, sync: bool = False) -> Status:
        """As `Master.status`."""
        return status_of(self._told(path, "get-status", _SYNC if sync else {"updateTimestamps": False}, SHORT))

    def listing(
        self, path: str, *, recursive: bool = False, load: bool = True, limit: float | None = None
    ) -> list[Status]:
        """Return all statuses below `path`, whole: about 2 KiB each cross the wire; `load` as in `Master.page`."""
        options = {"recursive": recursive, "loadMetadataType": "ONCE" if load else "NEVER"}
        return [status_of(info) for info in self._told(path, "list-status", options, limit or LONG)]

    def sync(self, path: str, *, recursive: bool = True, compare: bool = True, limit: float = 3600) -> None:
        """As `Master.sync`."""
        options = _SYNC if compare else {**_SYNC, "commonOptions": {"syncIntervalMs": -1}}
        self._told(path, "list-status", {**options, "recursive": recursive, "loadMetadataOnly": True}, limit)

    def free(self, path: str, *, recursive: bool) -> None:
        """As `Master.free`."""
        self._done(path, "free", {"recursive": recursive}, LONG)

    def mark_persisted(self, path: str) -> None:
        """Say that the bytes of `path` are at its `ufs_path`: the second step after a persist job that completed.

        Copies nothing: without the first step the data is lost at the next eviction. The fingerprint stays empty, so
        that the next forced sync drops the cached copy.
        """
        self._done(path, "set-attribute", {"persisted": True}, SHORT)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._rest.close()

    def _told(self, path: str, operation: str, options: dict[str, Any], limit: float) -> Any:
        """Return the answer to an operation that always has one, if only a `true` or an empty list."""
        answer = self._post(path, operation, options, limit)
        if answer is None:
            raise DeadProxy(f"the Alluxio proxy at {self._url} answers {operation} with nothing: it serves S3 alone")
        return answer

    def _done(self, path: str, operation: str, options: dict[str, Any], limit: float) -> None:
        """Make an operation whose answer is empty even when all is well: a proxy that is dead looks the same."""
        self.check()
        self._post(path, operation, options, limit)

    def _post(self, path: str, operation: str, options: dict[str, Any], limit: float) -> Any:
        # The slash between `paths` and the name is followed by that of the path: two of them.
        return self._rest.post(f"/api/v1/paths/{quote(sayable(path))}/{operation}", body=options, limit=limit)
