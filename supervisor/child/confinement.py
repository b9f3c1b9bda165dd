"""What a job process may use: its environment, and the paths and ports that its order needs.

Called in the job process, between fork and work. The rungs themselves are in `avio.isolation`.
"""

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from avio.engines.endpoints import NO_PROXY, PROXY_VARIABLES, proxy_ports, tcp_ports, url_port
from avio.isolation.reach import DNS, Reach, common
from avio.wire.orders import Order

# A job gets nothing else of keeper's environment, and keeper little more of the supervisor's (`keeper.clean_start`).
# Certificates and proxies are those of tasks: what `avio ls` shows must be what a job can load.
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "AVIO_FAULT", *PROXY_VARIABLES, *NO_PROXY)

FILES = "file://"


def scrub_environment(directory: str, tag: str) -> None:
    """Leave only what a job needs; its home and temporary directory are `directory`, its attempt is `tag`."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept, HOME=directory, TMPDIR=directory, AVIO_ATTEMPT=tag)


def reach_of(order: Order, directory: Path) -> Reach:
    """Return what the job of `order` may reach: its tiers, its buckets, `directory`, the ports of its stores."""
    mounts = order.engine.get("mounts", {}).values()
    tiers = [tier["path"] for tier in order.engine.get("tiers", ())]
    for tier in order.engine.get("tiers", ()):
        if tier.get("id") is None:  # a tier with an id is mounted, or refused by the engine
            with suppress(OSError):
                os.makedirs(tier["path"], mode=0o755, exist_ok=True)
    buckets = [unquote(urlsplit(mount["url"]).path) for mount in mounts if mount["url"].startswith(FILES)]
    keys = [text for mount in mounts for text in mount.get("options", {}).values() if text.startswith("/")]
    looks = [] if order.looks is None else [os.path.dirname(order.looks)]  # each look is a new file
    return Reach((str(directory), *tiers, *buckets, os.devnull), (*common(), *keys, *looks), _ports(order))


def _ports(order: Order) -> frozenset[int] | None:
    ports = tcp_ports(order.engine)
    if ports is None:
        return None
    events = url_port(order.events_url) if order.events_url is not None else None
    return frozenset({DNS, *ports, *proxy_ports(os.environ), *([events] if events else [])})
