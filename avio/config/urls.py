"""URLs and hosts in settings. A URL may have a password, in any place of a wrong one, so that no message shows it."""

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from avio.wire.paths import is_text

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_LONGEST_NAME = 253  # characters of DNS

_DATABASES = ("sqlite", "postgresql", "postgres")
_REDISES = ("redis", "rediss", "unix")

# In a password these end what is before the host, and what follows is taken for host, port, path or query.
_ESCAPES = "in a user or password write / as %2F, ? as %3F, # as %23, @ as %40 and % as %25"


def require_port(text: str) -> str:
    """Return the URL `text`. Raise ValueError if what stands in place of its port is none."""
    try:
        is_none = urlsplit(text).port == 0
    except ValueError:
        is_none = True
    if is_none:
        raise ValueError("has no valid host and port; write host:port, with a port from 1 to 65535")
    return text


def refuse_login(text: str, instead: str) -> str:
    """Return the URL `text`. Raise ValueError if it has a user or password; say what to do `instead`."""
    if "@" in _before_path(text):
        raise ValueError(f"has a user or password, which messages and logs would show; remove it, {instead}")
    return text


def shown(text: str) -> str:
    """Return the quoted `text` for a message about a wrong address: nothing of it if it may have a password."""
    return "what is given" if "@" in text else repr(text)


def _before_path(text: str) -> str:
    return re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]


def _refuse_split_login(text: str) -> None:
    """Raise ValueError if an @ stands behind the host: what seems to be the host then is a part of the login."""
    rest = text.partition("://")[2].removeprefix(_before_path(text))
    path, _, query = rest.partition("?")
    if "@" in path or "#" in rest or any("@" in part and "=" not in part for part in query.split("&")):
        raise ValueError(f"has an @ or # behind its host; {_ESCAPES}")


def _refuse_wrong_escapes(text: str) -> None:
    if _NO_ESCAPE.search(text):
        raise ValueError(f"has a % that begins no escape such as %2F; {_ESCAPES}")
    if not is_text(text):
        raise ValueError(f"has bytes that are not UTF-8; write them as escapes such as %FF; {_ESCAPES}")


def _redis_url(text: str) -> str:
    if text.partition("://")[0] not in _REDISES:
        raise ValueError("is not a URL of Redis; write redis://host:port/0, rediss://host:port/0 or unix:///path")
    if not text.startswith("unix://"):
        _refuse_split_login(text)
    _refuse_wrong_escapes(text)
    return require_port(text)


def _database_url(text: str) -> str:
    scheme = text.partition("://")[0]
    if scheme not in _DATABASES:
        raise ValueError("is not the URL of a database; write sqlite:///path or postgresql://user:password@host/name")
    if scheme != "sqlite":
        _refuse_split_login(text)
        _refuse_wrong_escapes(text)
        for place in _before_path(text).rpartition("@")[2].split(","):  # libpq tries several hosts
            require_port(f"{scheme}://{place}")
    return text


def is_host(text: str) -> bool:
    """Return True for an IP address, without brackets, and for what may be a name of a machine."""
    try:
        ip_address(text)
    except ValueError:
        return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None
    return True


def _host(text: str) -> str:
    if not is_host(text):
        why = "is not a host; write an address such as 127.0.0.1, 0.0.0.0 or ::1, without brackets, or a name"
        raise ValueError(f"{text!r} {why}")
    return text


RedisUrl = Annotated[str, AfterValidator(_redis_url)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Host = Annotated[str, AfterValidator(_host)]
