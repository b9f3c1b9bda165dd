"""The addresses of the cluster, from the table [alluxio] of the settings.

Used by the clients, the engine and the doctor. Opens no connection.
"""

from dataclasses import dataclass
from typing import Any, Literal

from avio.engines.alluxio.clients.status import Address


@dataclass(frozen=True, slots=True)
class AlluxioSettings:
    """The addresses of a cluster. Without `masters` avio uses REST alone, which is slower.

    `masters` are gRPC addresses (the primary is found by trying), `web` and `job_master` the base URLs of
    their REST, `proxy` the base URL of the proxy or None. avio acts as `user`: the user that Alluxio runs as may
    read and write all. `patience` is the number of seconds that a call is repeated while the cluster does not
    answer. `bandwidth` is the limit of each worker for a job, in bytes per second.
    """

    masters: tuple[Address, ...]
    web: tuple[str, ...]
    job_master: tuple[str, ...]
    proxy: str | None = None
    user: str = "alluxio"
    auth: Literal["simple", "nosasl"] = "simple"
    patience: float = 10.0
    bandwidth: int | None = None

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "AlluxioSettings":
        """Return the cluster's settings from `Settings.engine_settings()`, which has checked them."""
        table = settings["alluxio"]
        return cls(
            masters=tuple(_address(text) for text in table.get("masters", ())),
            web=tuple(table["web"]),
            job_master=tuple(table["job_master"]),
            **{name: table[name] for name in ("proxy", "user", "auth", "patience", "bandwidth") if name in table},
        )


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return Address(host, int(port))
