"""Checks the options of a mount that its store's library would accept, and then fail or crash with at each request.

Used in every process that opens an engine. Opens no connection.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_STORE_SCHEMES = ("http", "https")
_PROXY_SCHEMES = ("http", "https")
_SOCKS_SCHEMES = ("socks5h", "socks5", "socks4a", "socks4")  # of libcurl; obstore knows none
_SECRET = re.compile(r"//.*@")  # a password may hold any character
_YES = ("1", "true", "on", "yes", "y")


def check_options(options: Mapping[str, str], *, socks: bool) -> None:
    """Raise ValueError, which begins with the name of the wrong option, says what is wrong, and what to write.

    `socks` says whether a SOCKS proxy can be used.
    """
    may_be_plain = str(options.get("allow_http", "true")).lower() in _YES
    for name, text in options.items():
        if any(ord(character) < 32 or ord(character) == 127 for character in text) and "\n-----END" not in text:
            raise ValueError(f"{name}: it has a control character or line break; remove it")
        low = name.lower()
        if low.endswith(("endpoint", "endpoint_url")):
            _check_url(name, text, _STORE_SCHEMES)
            if text.lower().startswith("http://") and not may_be_plain:
                raise ValueError(f"{name}: {text!r} is not encrypted; write https://, or remove allow_http")
        elif low == "proxy_url":
            _check_url(name, text, _PROXY_SCHEMES + (_SOCKS_SCHEMES if socks else ()))


def with_plain_http(url: str, options: Mapping[str, str]) -> dict[str, str]:
    """Return `options` with `allow_http` as the URL of the store says: obstore refuses plain HTTP without it."""
    endpoints = [text for name, text in options.items() if name.lower().endswith(("endpoint", "endpoint_url"))]
    if any(text.lower().startswith("http://") for text in (url, *endpoints)):
        return {"allow_http": "true", **options}
    return dict(options)


def without_socks(options: Mapping[str, str]) -> dict[str, str]:
    """Return `options` without a SOCKS proxy."""
    return {
        name: text
        for name, text in options.items()
        if name.lower() != "proxy_url" or not text.lower().startswith(_SOCKS_SCHEMES)
    }


def _check_url(name: str, text: str, schemes: tuple[str, ...]) -> None:
    scheme, mark, rest = text.partition("://")
    shown = _SECRET.sub("//...@", text) if mark else text.rpartition("@")[2]
    if not mark:
        raise ValueError(
            f"{name}: {shown!r} has no scheme; write http://{shown or 'HOST'} or https://{shown or 'HOST'}"
        )
    if scheme.lower() not in schemes:
        raise ValueError(f"{name}: {shown!r} has the scheme {scheme}; write one of {', '.join(schemes)}")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"{name}: {shown!r} is not a valid URL: {error}; write {scheme}://HOST:PORT") from None
    if not host or any(character.isspace() for character in rest):
        raise ValueError(f"{name}: {shown!r} names no host; write {scheme}://HOST:PORT")
    if parts.query or parts.fragment:
        raise ValueError(f"{name}: {shown!r} has a query; write {scheme}://HOST:PORT")
