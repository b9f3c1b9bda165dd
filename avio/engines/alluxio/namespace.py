"""The calls on the namespace, by the master's gRPC or, where that is closed, by the proxy's REST.

Used in web and the job process. `Master` has these calls as it is; `ByProxy` gives the proxy the same face.
"""

from typing import Protocol

from avio.engines.alluxio.clients import Clients
from avio.engines.alluxio.master import StatusPage
from avio.engines.alluxio.proxy import Proxy
from avio.engines.alluxio.status import Status
from avio.errors import EngineAway


class Answering(Protocol):
    """What `Master`, `Proxy` and `ByProxy` have in common."""

    def status(self, path: str, *, sync: bool = False) -> Status:
        """As `Master.status`."""


class Namespace(Answering, Protocol):
    """What `Master` and `ByProxy` have in common."""

    def page(
        self,
        path: str,
        *,
        recursive: bool,
        size: int,
        after: str | None = None,
        mount_info: bool = True,
        load: bool = True,
        limit: float | None = None,
    ) -> StatusPage:
        """As `Master.page`."""

    def sync(self, path: str, *, recursive: bool = True, compare: bool = True, limit: float = 3600) -> None:
        """As `Master.sync`."""

    def free(self, path: str, *, recursive: bool) -> None:
        """As `Master.free`."""


class ByProxy:
    """The proxy's REST. It knows no pages: each call takes the whole answer, of which a page is cut."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self.status = proxy.status
        self.sync = proxy.sync
        self.free = proxy.free

    def page(
        self,
        path: str,
        *,
        recursive: bool,
        size: int,
        after: str | None = None,
        mount_info: bool = True,
        load: bool = True,
        limit: float | None = None,
    ) -> StatusPage:
        """Return up to `size` statuses after the path `after`."""
        listed = self._proxy.listing(path, recursive=recursive, load=load and after is None, limit=limit)
        found = sorted(listed, key=lambda status: order(status.path))
        rest = [status for status in found if after is None or order(status.path) > order(after)]
        return StatusPage(rest[:size], len(rest) > size)


def order(path: str) -> str:
    """Return the key by which listings are ordered: a directory comes right before what lies in it."""
    return path.replace("/", "\0")


def open_namespace(clients: Clients, *, for_job: bool = False) -> Namespace:
    """Return the master where the settings name one, else the proxy; a job has more patience with a master."""
    if clients.master is not None:
        return clients.master.for_jobs() if for_job else clients.master
    if clients.proxy is None:
        raise EngineAway("neither a master nor a proxy is named", cure="name masters or proxy in the table [alluxio]")
    return ByProxy(clients.proxy)
