"""One HTTP exchange: time-outs, retries where they are safe, and every failure as a `ClientError`.

The only file of the client that knows httpx2's errors.
"""

import json
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2

from avio.client.errors import ApiError, ClientError, Unreachable

CONNECT_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.2
TOO_MANY = 429
UNAVAILABLE_STATUSES = frozenset({502, 503, 504})

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
_HAPPENED: dict[type[Exception], str] = {
    httpx2.ConnectError: "no connection",
    httpx2.ConnectTimeout: "no connection in time",
    httpx2.ReadTimeout: "no reply in time",
    httpx2.RemoteProtocolError: "the reply broke off",
}


class Transport:
    """A connection pool to one server.

    In seconds: `timeout` bounds the wait for a reply, `patience` the pauses and tries of one call together.
    """

    def __init__(self, url: str, token: str | None, *, patience: float, timeout: float) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is not a server address; write http://host:port")
        self.url = url.rstrip("/")
        self._patience = patience
        self._timeout = timeout
        self._http = _open(self.url)
        self.use_token(token)

    def use_token(self, token: str | None) -> None:
        """Send `token` with every call from now on, or none."""
        if token:
            self._http.headers["Authorization"] = f"QBox {token}"
        else:
            self._http.headers.pop("Authorization", None)

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def call(self, method: str, path: str, *, repeatable: bool, longer: float = 0, **request: Any) -> Any:
        """Return the JSON of the reply, None when it has no body.

        `repeatable` allows another try, `longer` adds seconds to the time-out.
        Raises ApiError when the server refuses, Unreachable when it is unavailable.
        """
        give_up = time.monotonic() + self._patience
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                with self.stream(method, path, timeout=self._timeout + longer, **request) as response:
                    response.read()
                    return _json(response)
            except (ApiError, Unreachable) as error:
                wait = max(pause * random.uniform(0.5, 1.5), error.retry_after or 0)
                # A quota is not free again in seconds: 429 is left to the caller.
                is_final = error.status == TOO_MANY or not is_temporary(error)
                if not repeatable or is_final or time.monotonic() + wait > give_up:
                    raise
            time.sleep(wait)
            pause *= 2

    @contextmanager
    def stream(
        self, method: str, path: str, *, timeout: float | None = None, **request: Any
    ) -> Iterator[httpx2.Response]:
        """Open a reply to be read as it comes; failures inside the block are ClientErrors too. Never tried again."""
        read = self._timeout if timeout is None else timeout
        limits = httpx2.Timeout(read, connect=min(CONNECT_SECONDS, read))
        try:
            with self._http.stream(method, path, timeout=limits, **request) as response:
                if not response.is_success:
                    response.read()
                    raise _refusal(response)
                yield response
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise Unreachable(
                f"{self.url} is unavailable",
                why=_in_words(error),
                cure="check the address (AVIO_URL or --url) and that the server runs, then try again",
            ) from error


def is_temporary(error: ClientError) -> bool:
    """Return True if the same request may succeed later."""
    return isinstance(error, Unreachable) or error.status == TOO_MANY or error.status in UNAVAILABLE_STATUSES


def _in_words(error: Exception) -> str:
    """Return what happened to a call that got no reply."""
    text = _ERRNO.sub("", str(error))
    return f"{_HAPPENED.get(type(error), type(error).__name__)}: {text}".rstrip(": ")


def _open(url: str) -> httpx2.Client:
    """Return the pool; ValueError on an invalid address or an invalid proxy of the environment."""
    try:
        _ = urlsplit(url).port  # httpx2 takes what `int()` takes for a port
        address = httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL) as error:
        raise ValueError(f"{url!r} is not a server address: {error}") from error
    try:
        return httpx2.Client(base_url=address)
    except ImportError as error:
        raise ValueError(
            "ALL_PROXY, HTTP_PROXY or HTTPS_PROXY names a SOCKS proxy, and the package socksio is not installed; "
            "install avio[socks], or name the server in NO_PROXY"
        ) from error
    except (ValueError, httpx2.InvalidURL) as error:
        raise ValueError(
            f"ALL_PROXY, HTTP_PROXY or HTTPS_PROXY is invalid: {error}; correct it, or name the server in NO_PROXY"
        ) from error


def _json(response: httpx2.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise _not_avio(response) from error


def _refusal(response: httpx2.Response) -> ClientError:
    after = response.headers.get("Retry-After", "")
    retry_after = int(after) if after.isascii() and after.isdecimal() else None
    try:
        document = json.loads(response.content)
        return ApiError({**document, "status": response.status_code}, retry_after=retry_after)
    except (ValueError, TypeError, KeyError):
        error = _not_avio(response)
        error.retry_after = retry_after
        return error


def _not_avio(response: httpx2.Response) -> Unreachable:
    kind = response.headers.get("Content-Type", "no content type")
    return Unreachable(
        f"{response.url.copy_with(query=None)} answered, but it is not an avio server",
        why=f"{response.status_code} {response.reason_phrase}, {kind}",
        cure="check the address (AVIO_URL or --url), and any proxy before it",
    )
