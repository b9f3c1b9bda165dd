"""The TCP ports that an engine connects to, by its settings. Opens no connection.

Used by the job process before it gives up the right to connect to other ports.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379}

# What libraries read to find a proxy, and the ports of proxies that name none: libraries differ.
PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
NO_PROXY = ("no_proxy", "NO_PROXY")
PROXY_PORTS = frozenset({80, 443, 1080})

# Ports of cloud stores, and of their credential services.
CLOUD_PORTS = frozenset({80, 443})


def tcp_ports(settings: dict[str, Any]) -> frozenset[int] | None:
    """Return the ports for `Settings.engine_settings()`, or None if they are unknown."""
    if settings.get("engine") == "alluxio":
        return _of_cluster(settings["alluxio"])
    if settings.get("engine") != "local":
        return None
    ports: set[int] = set()
    for mount in settings.get("mounts", {}).values():
        if mount["url"].startswith("file://"):
            continue
        ports |= CLOUD_PORTS
        for text in (mount["url"], *mount.get("options", {}).values()):
            port = url_port(text)
            if port is not None:
                ports.add(port)
    return frozenset(ports)


def _of_cluster(table: dict[str, Any]) -> frozenset[int] | None:
    """Return the ports of an Alluxio cluster, or None unless the settings name the workers' ports.

    The master names the workers, and a new worker may have any port.
    """
    workers = table.get("worker_ports")
    if not workers:
        return None
    masters = [int(address.rpartition(":")[2]) for address in table["masters"]]
    urls = [*table["web"], *table["job_master"], *filter(None, [table["proxy"]])]
    return frozenset([*masters, *workers, *filter(None, map(url_port, urls))])


def proxy_ports(environment: Mapping[str, str]) -> frozenset[int]:
    """Return the ports of the proxies that `environment` names."""
    ports: set[int] = set()
    for text in filter(None, map(environment.get, PROXY_VARIABLES)):
        try:
            port = urlsplit(text if "://" in text else f"http://{text}").port
        except ValueError:
            continue
        ports |= {port} if port else PROXY_PORTS
    return frozenset(ports)


def url_port(text: str) -> int | None:
    """Return the port of a URL or of its scheme, or None."""
    if "://" not in text:
        return None
    parts = urlsplit(text)
    try:
        return parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
