"""The variables of the environment that say how to reach a server: proxies, and the certificates to trust.

Used by the client. Standard library only.
"""

import os
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
CERTIFICATES, DIRECTORIES, KEY_LOG = "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"


def proxy_at(host: str, port: int) -> tuple[str, str] | None:
    """Return the variable that names the proxy at an address, and the proxy without its password; None if none does."""
    names = (name for name, value in os.environ.items() if value and name.lower() in PROXIES)
    for name in sorted(names, key=str.isupper):
        value = os.environ[name]
        try:
            parts = urlsplit(value if "://" in value else f"http://{value}")
            if (parts.hostname, parts.port or PORTS.get(parts.scheme)) == (host.lower(), port):
                return name, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        except ValueError:
            continue
    return None


def trusted(load: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Return what `load` makes of the variables for TLS. ValueError names the one that is wrong."""
    name = certificates_variable()
    if name == DIRECTORIES and not any(map(os.path.isdir, os.environ[name].split(os.pathsep))):
        raise ValueError(_wrong(name, "it is not a directory"))
    try:
        return load()
    except OSError as error:
        log = os.environ.get(KEY_LOG)
        if log and error.filename == log:
            raise ValueError(f"{KEY_LOG}={log!r} can't be written: {error.strerror}; correct or unset it") from error
        if name is None:
            raise ValueError(f"the certificates of the system can't be read: {error}") from error
        why = "it has no certificate in PEM" if isinstance(error, ssl.SSLError) else str(error.strerror)
        raise ValueError(_wrong(name, why)) from error


def certificates_variable() -> str | None:
    """Return the variable that names the trusted certificates; None if the system does."""
    return next((name for name in (CERTIFICATES, DIRECTORIES) if os.environ.get(name)), None)


def _wrong(name: str, why: str) -> str:
    return f"{name}={os.environ[name]!r} names no trusted certificates: {why}; correct or unset it"
