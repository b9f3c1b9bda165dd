"""Files that every job process may read: Python, libraries, certificates, the resolver's settings.

None of these paths has secrets: they contain neither a user's home nor the settings of the server.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
    "/etc/ca-certificates",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/run/resolvconf",
    "/run/systemd/resolve",
)

# The resolver uses TCP when an answer is too long for UDP. Landlock does not restrict UDP.
DNS = 53


@dataclass(frozen=True, slots=True)
class Reach:
    """Paths that a job may write, paths that it may read, and TCP ports that it may connect to.

    `ports` None: a port of its stores is unknown, so all ports are allowed.
    """

    writes: tuple[str, ...]
    reads: tuple[str, ...]
    ports: frozenset[int] | None


def code() -> Iterator[str]:
    """Yield the paths of Python, its packages and imported modules; not the checkout, which may have settings."""
    yield from {sys.prefix, sys.base_prefix, sys.exec_prefix}
    for name, module in list(sys.modules.items()):
        if "." not in name and name != "__main__":
            yield from getattr(module, "__path__", ()) or filter(None, [getattr(module, "__file__", None)])


def common() -> tuple[str, ...]:
    """Return the paths that every job process may read."""
    given = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    return (*SYSTEM, *code(), *filter(None, given))
