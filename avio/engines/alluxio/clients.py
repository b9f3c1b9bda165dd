"""All clients of one cluster, opened together; each connects at its first call.

Used in web and the job process.
"""

from typing import NamedTuple

from avio.engines.alluxio.jobmaster import JobMaster
from avio.engines.alluxio.master import Master
from avio.engines.alluxio.masterinfo import MasterInfo
from avio.engines.alluxio.proxy import Proxy
from avio.engines.alluxio.settings import AlluxioSettings
from avio.engines.alluxio.worker import Workers


class Clients(NamedTuple):
    """`master` is None where the settings name no gRPC address, `proxy` where they name no proxy."""

    master: Master | None
    workers: Workers
    info: MasterInfo
    proxy: Proxy | None
    jobs: JobMaster

    def close(self) -> None:
        """Close all connections; a later call opens its own again."""
        for client in self:
            if client is not None:
                client.close()


def open_clients(settings: AlluxioSettings) -> Clients:
    """Return the clients; nothing is opened before their first calls."""
    return Clients(
        master=Master(settings) if settings.masters else None,
        workers=Workers(settings),
        info=MasterInfo(settings),
        proxy=Proxy(settings) if settings.proxy else None,
        jobs=JobMaster(settings),
    )
