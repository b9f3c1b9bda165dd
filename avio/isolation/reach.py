"""What a job process may read besides its own: Python's files, libraries, certificates, the resolver's settings.

Nothing here is secret: neither the home of a user nor the settings of the server are below these paths.
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

# The resolver asks over TCP when an answer is too long for UDP, which Landlock leaves alone.
DNS = 53


@dataclass(frozen=True, slots=True)
class Reach:
    """What a job may write (with all below it), what else it may read, and which TCP ports it may connect to.

    `ports` None: a port of its stores is not known, so all are allowed.
    """

    writes: tuple[str, ...]
    reads: tuple[str, ...]
    ports: frozenset[int] | None


def code() -> Iterator[str]:
    """Yield where Python, its packages and what is imported so far are; not the checkout, which may hold settings."""
    yield from {sys.prefix, sys.base_prefix, sys.exec_prefix}
    for name, module in list(sys.modules.items()):
        if "." not in name and name != "__main__":
            yield from getattr(module, "__path__", ()) or filter(None, [getattr(module, "__file__", None)])


def common() -> tuple[str, ...]:
    """Return what every job process may read."""
    given = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    return (*SYSTEM, *code(), *filter(None, given))
