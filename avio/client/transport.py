"""One HTTP exchange: time-outs, retries where they are safe, and every failure as a `ClientError`."""

import json
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from avio import __version__
from avio.client.connections import Content, NoReply, Reply, open_connections
from avio.client.errors import ApiError, ClientError, Unreachable
from avio.undecoded import quoted

CONNECT_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.2
TOO_MANY = 429
SHOWN_CHARACTERS = 20  # before and behind a byte that is not UTF-8
UNAVAILABLE_STATUSES = frozenset({502, 503, 504})


def require_address(url: str) -> str:
    """Return the address of a server. Raise ValueError if it is none, or may have a password."""
    if "@" in url:
        raise ValueError(
            "the server's address has an @, so perhaps a password, which messages would show; write http://host:port: "
            "avio login asks for name and password"
        )
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is not a server address; write http://host:port")
    return url


class Transport:
    """A connection pool to one server.

    In seconds: `timeout` bounds the wait for a reply, `patience` the pauses and tries of one call together.
    """

    def __init__(self, url: str, token: str | None, *, patience: float, timeout: float) -> None:
        self.url = require_address(url).rstrip("/")
        self._patience = patience
        self._timeout = timeout
        self._connections = open_connections(self.url)
        self._headers = {"User-Agent": f"avio/{__version__}"}
        self.use_token(token)

    def use_token(self, token: str | None) -> None:
        """Send `token` with every call from now on, or none. ValueError for text that can't be in a header."""
        if token and not (token.isascii() and token.isprintable()):
            raise ValueError("the token has a character that no token has, such as an end of line; log in again")
        if token:
            self._headers["Authorization"] = f"QBox {token}"
        else:
            self._headers.pop("Authorization", None)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def call(self, method: str, path: str, *, repeatable: bool, longer: float = 0, **request: Any) -> Any:
        """Return the JSON of the reply, None when it has no body.

        `repeatable` allows another try if one that takes as long as the last ends in time. `longer` adds seconds to
        the time-out.
        Raises ApiError when the server refuses, Unreachable when it is unavailable.
        """
        give_up = time.monotonic() + self._patience
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            try:
                with self.stream(method, path, timeout=self._timeout + longer, **request) as reply:
                    return _json(reply)
            except (ApiError, Unreachable) as error:
                wait = max(pause * random.uniform(0.5, 1.5), error.retry_after or 0)
                # A quota is not free again in seconds: 429 is left to the caller.
                is_final = error.status == TOO_MANY or not is_temporary(error)
                now = time.monotonic()
                if not repeatable or is_final or now + wait + (now - began) > give_up:
                    raise
            time.sleep(wait)
            pause *= 2

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        timeout: float | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: Content = None,
    ) -> Iterator[Reply]:
        """Open a reply to be read as it comes; failures inside the block are ClientErrors too. Never tried again.

        The body is `json`, or `content` as it is.
        """
        sent = {**self._headers, **(headers or {})}
        if json is not None:
            content = _as_json(json)
            sent["Content-Type"] = "application/json"
        read = self._timeout if timeout is None else timeout
        connect = min(CONNECT_SECONDS, read)
        target = _target(path, params)
        opened = self._connections.send(method, target, headers=sent, content=content, connect=connect, read=read)
        try:
            with opened as reply:
                if not 200 <= reply.status < 300:
                    raise _refusal(reply, reply.read())
                yield reply
        except NoReply as error:
            raise Unreachable(
                f"{self.url} is unavailable",
                why=str(error),
                cure=error.cure or "check the address (AVIO_URL or --url) and that the server runs, then try again",
            ) from error


def is_temporary(error: ClientError) -> bool:
    """Return True if the same request may succeed later."""
    return isinstance(error, Unreachable) or error.status == TOO_MANY or error.status in UNAVAILABLE_STATUSES


def _as_json(body: Any) -> bytes:
    """Return the JSON of `body`. ClientError if it has text that is not UTF-8."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _not_text(error) from error


def _target(path: str, params: Mapping[str, Any] | None) -> str:
    """Return path and query. A list is a member for each of its values."""
    members = [(name, each) for name, value in (params or {}).items() for each in _values(value)]
    try:
        return f"{path}?{urlencode(members, quote_via=quote)}" if members else path
    except UnicodeEncodeError as error:
        raise _not_text(error) from error


def _not_text(error: UnicodeEncodeError) -> ClientError:
    part = error.object[max(0, error.start - SHOWN_CHARACTERS) : error.end + SHOWN_CHARACTERS]
    return ClientError(
        "the request is not UTF-8", why=f"it has {quoted(part)}", cure="write it in UTF-8; paths may have other bytes"
    )


def _values(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]


def _json(reply: Reply) -> Any:
    if not (body := reply.read()):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _not_avio(reply) from error


def _refusal(reply: Reply, body: bytes) -> ClientError:
    after = reply.header("Retry-After") or ""
    retry_after = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else None
    try:
        document = json.loads(body)
        return ApiError({**document, "status": reply.status}, retry_after=retry_after)
    except (ValueError, TypeError, KeyError, RecursionError):
        error = _not_avio(reply)
        error.retry_after = retry_after
        return error


def _not_avio(reply: Reply) -> Unreachable:
    kind = reply.header("Content-Type") or "no content type"
    return Unreachable(
        f"{reply.url} answered, but it is not an avio server",
        why=f"{reply.status} {reply.phrase}, {kind}",
        cure="check the address (AVIO_URL or --url), and any proxy before it",
    )
