"""Where the cluster answers, from the table [alluxio] of the settings.

Read by the clients, the engine and the doctor. Opens nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

from avio.engines.alluxio.status import Address

MASTER_PORT = 19998
WEB_PORT = 19999
JOB_MASTER_PORT = 20002


@dataclass(frozen=True, slots=True)
class AlluxioSettings:
    """The addresses of a cluster. No `masters`: everything goes over REST, slower.

    `masters` are gRPC addresses (the primary is found by trying), `web` and `job_master` the base URLs of
    their REST, `proxy` the base URL of the proxy's, None where there is none. `user` is whom avio acts as:
    the one that Alluxio runs as may read and write everything. `patience` is how long a call goes on trying while
    the cluster does not answer, in seconds.
    """

    masters: tuple[Address, ...]
    web: tuple[str, ...]
    job_master: tuple[str, ...]
    proxy: str | None = None
    user: str = "alluxio"
    auth: Literal["simple", "nosasl"] = "simple"
    patience: float = 10.0

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "AlluxioSettings":
        """Return what `settings["alluxio"]` says; ValueError names the field that is wrong, and the cure.

        `web` and `job_master` default to ports 19999 and 20002 of the masters.
        """
        table = dict(settings.get("alluxio") or {})
        unknown = table.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"alluxio.{min(unknown)}: there is no such setting")
        masters = tuple(_address(text) for text in table.get("masters") or [])
        web = _urls("web", table.get("web"), masters, WEB_PORT)
        job_master = _urls("job_master", table.get("job_master"), masters, JOB_MASTER_PORT)
        if not web:
            raise ValueError('alluxio.masters: is missing; write masters = ["host:19998"], or give web and job_master')
        if table.get("auth", "simple") not in ("simple", "nosasl"):
            raise ValueError('alluxio.auth: should be "simple" or "nosasl", as alluxio.security.authentication.type')
        if not 0 <= table.get("patience", 0) <= 3600:
            raise ValueError("alluxio.patience: should be 0 to 3600 seconds")
        proxy = _urls("proxy", [table["proxy"]] if table.get("proxy") else None, (), 0)
        rest = {name: table[name] for name in ("user", "auth", "patience") if name in table}
        return cls(masters, web, job_master, proxy=proxy[0] if proxy else None, **rest)


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon:
        return Address(text, MASTER_PORT)
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"alluxio.masters: {text!r} is no address; write host:{MASTER_PORT}")
    return Address(host, int(port))


def _urls(name: str, given: Iterable[str] | None, masters: Iterable[Address], port: int) -> tuple[str, ...]:
    if given is None:
        return tuple(f"http://{master.host}:{port}" for master in masters)
    urls = tuple(url.rstrip("/") for url in given)
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"alluxio.{name}: {url!r} is no URL; write http://host:port")
    return urls
