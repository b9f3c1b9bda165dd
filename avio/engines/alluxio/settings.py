"""Where the cluster answers, from the table [alluxio] of the settings.

Read by the clients, the engine and the doctor. Opens nothing.
"""

from dataclasses import dataclass
from typing import Any, Literal

from avio.engines.alluxio.status import Address


@dataclass(frozen=True, slots=True)
class AlluxioSettings:
    """The addresses of a cluster. No `masters`: everything goes over REST, slower.

    `masters` are gRPC addresses (the primary is found by trying), `web` and `job_master` the base URLs of
    their REST, `proxy` the base URL of the proxy's, None where there is none. `user` is whom avio acts as:
    the one that Alluxio runs as may read and write everything. `patience` is how long a call goes on trying while
    the cluster does not answer, in seconds; `bandwidth` is what each worker may load for a job, in bytes a second.
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
        """Return what `Settings.engine_settings()`, which has checked it, says of the cluster."""
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
