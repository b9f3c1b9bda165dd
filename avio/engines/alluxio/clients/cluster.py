"""All clients of one cluster, opened together; each connects at its first call.

Used in web and the job process.
"""

from typing import NamedTuple

from avio.engines.alluxio.clients.job_master import JobMaster
from avio.engines.alluxio.clients.master import Master
from avio.engines.alluxio.clients.proxy import Proxy
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.web_info import WebInfo
from avio.engines.alluxio.clients.worker import Workers
from avio.errors import EngineAway


class Clients(NamedTuple):
    """`master` is None if the settings name no gRPC address, `proxy` if they name no proxy."""

    master: Master | None
    workers: Workers
    info: WebInfo
    proxy: Proxy | None
    jobs: JobMaster

    def close(self) -> None:
        """Close all connections. A later call opens new ones."""
        for client in self:
            if client is not None:
                client.close()


def open_clients(settings: AlluxioSettings) -> Clients:
    """Return the clients. They open no connection before their first calls."""
    return Clients(
        master=Master(settings) if settings.masters else None,
        workers=Workers(settings),
        info=WebInfo(settings),
        proxy=Proxy(settings) if settings.proxy else None,
        jobs=JobMaster(settings),
    )


def no_master_named() -> EngineAway:
    """Return the error for settings that name neither a master nor a proxy."""
    return EngineAway("the settings name neither a master nor a proxy", cure="set masters or proxy in [alluxio]")
