"""The URLs of webhooks: which ones a user may give, and how they are shown. Standard library only.

Runs in every process. What a name leads to is checked when a connection is made.
"""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

MAX_URL = 2048  # characters
PORTS = {"http": 80, "https": 443}

_PLAIN = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?")


def require_url(text: str) -> str:
    """Return the URL. Raise ValueError, with what to do, if it is not one that avio sends to."""
    if len(text) > MAX_URL:
        raise ValueError(f"is longer than {MAX_URL} characters; give a shorter URL")
    if not _PLAIN.fullmatch(text):
        raise ValueError("has a blank, a control character or a letter that is not ASCII; percent-encode it")
    parts = _split(text)
    if parts is None or parts.scheme not in PORTS:
        raise ValueError("is not a URL of a webhook; write https://host/path or http://host:port/path")
    if "@" in parts.netloc or "\\" in text:
        raise ValueError("has a user or password; remove it, and let the receiver check the signature")
    if "#" in text:
        raise ValueError("has a # and what follows, which is never sent; remove it")
    if not _is_host(parts.hostname or ""):
        raise ValueError("has no valid host; write https://host/path or http://host:port/path")
    return text


def target_of(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host without brackets, port and what a request asks for."""
    parts = urlsplit(url)
    asked = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme], asked


def shown_url(url: str) -> str:
    """Return a URL for its user and admins, without its query: that may have a secret."""
    place, mark, _ = url.partition("?")
    return f"{place}?..." if mark else place


def site_of(url: str) -> str:
    """Return scheme, host and port of a URL, for logs: many services have the secret in the path."""
    return "/".join(url.partition("?")[0].split("/")[:3])


def literal_address(url: str) -> str | None:
    """Return the IP address that a URL names, or None if it names a host."""
    host = urlsplit(url).hostname or ""
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return _NAME.fullmatch(host) is not None
    return True
