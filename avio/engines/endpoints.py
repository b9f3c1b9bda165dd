"""Which TCP ports an engine connects to, as far as its settings tell. Opens nothing.

Asked by the job process before it gives up the right to connect anywhere else.
"""

from typing import Any
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379}

# Stores that are known by name alone, and where they give out credentials, answer here.
OF_CLOUDS = frozenset({80, 443})


def tcp_ports(settings: dict[str, Any]) -> frozenset[int] | None:
    """Return the ports for `Settings.engine_settings()`; None when the stores name them only later."""
    if settings.get("engine") == "memory":
        return frozenset()
    if settings.get("engine") == "alluxio":
        return _of_cluster(settings["alluxio"])
    if settings.get("engine") != "local":
        return None
    ports: set[int] = set()
    for mount in settings.get("mounts", {}).values():
        if mount["url"].startswith("file://"):
            continue
        ports |= OF_CLOUDS
        for text in (mount["url"], *mount.get("options", {}).values()):
            port = url_port(text)
            if port is not None:
                ports.add(port)
    return frozenset(ports)


def _of_cluster(table: dict[str, Any]) -> frozenset[int] | None:
    """Return the ports of an Alluxio cluster; None unless the settings name the workers' too.

    A worker is learnt of from the master, and one that comes later may have any port.
    """
    workers = table.get("worker_ports")
    if not workers:
        return None
    masters = [int(address.rpartition(":")[2]) for address in table["masters"]]
    urls = [*table["web"], *table["job_master"], *filter(None, [table["proxy"]])]
    return frozenset([*masters, *workers, *filter(None, map(url_port, urls))])


def url_port(text: str) -> int | None:
    """Return the port of a URL, or of its scheme; None where it has none."""
    if "://" not in text:
        return None
    parts = urlsplit(text)
    try:
        return parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
