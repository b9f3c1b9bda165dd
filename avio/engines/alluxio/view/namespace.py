"""The calls on the namespace, by the master's gRPC or, if that is closed, by the proxy's REST.

Used in web and the job process. `Master` has these calls as it is; `ProxyNamespace` gives the proxy the same interface.
"""

from typing import Protocol

from avio.engines.alluxio.clients.cluster import Clients, no_master_named
from avio.engines.alluxio.clients.comparison import Comparison
from avio.engines.alluxio.clients.master import StatusPage
from avio.engines.alluxio.clients.proxy import Proxy
from avio.engines.alluxio.clients.status import Status


class StatusSource(Protocol):
    """The common calls of `Master`, `Proxy` and `ProxyNamespace`."""

    def status(self, path: str, *, sync: bool = False) -> Status:
        """As `Master.status`."""


class Namespace(StatusSource, Protocol):
    """The common calls of `Master` and `ProxyNamespace`."""

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

    def compare(self, path: str, *, limit: float = 3600) -> Comparison | None:
        """As `Master.compare`."""

    def free(self, path: str, *, recursive: bool) -> None:
        """As `Master.free`."""


class ProxyNamespace:
    """The proxy's REST. It has no pages: each call gets the whole answer, and cuts a page from it."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self.status = proxy.status
        self.sync = proxy.sync
        self.free = proxy.free

    def compare(self, path: str, *, limit: float = 3600) -> Comparison | None:
        """Return None: the proxy has no such call."""
        return None

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
    """Return the sort key of listings: a directory comes directly before its content."""
    return path.replace("/", "\0")


def open_namespace(clients: Clients, *, for_job: bool = False) -> Namespace:
    """Return the master if the settings name one, else the proxy. A job waits longer for a master."""
    if clients.master is not None:
        return clients.master.for_jobs() if for_job else clients.master
    if clients.proxy is None:
        raise no_master_named()
    return ProxyNamespace(clients.proxy)
