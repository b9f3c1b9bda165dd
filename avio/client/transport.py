"""One HTTP exchange: time-outs, another try where that is safe, and every failure as a `ClientError`.

The only file of the client that knows httpx's errors.
"""

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from avio.client.problems import ApiError, ClientError, Unreachable

CONNECT_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.2
TOO_MANY = 429
AWAY = frozenset({502, 503, 504})


class Transport:
    """A connection pool to one server.

    In seconds: `timeout` bounds the wait for a reply, `patience` the pauses and tries of one call together.
    """

    def __init__(self, url: str, token: str | None, *, patience: float, timeout: float) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no address of a server; write it as http://host:port")
        self.url = url.rstrip("/")
        self._patience = patience
        self._timeout = timeout
        headers = {"Authorization": f"QBox {token}"} if token else {}
        try:
            self._http = httpx.Client(base_url=self.url, headers=headers)
        except httpx.InvalidURL as error:
            raise ValueError(f"{url!r} is no address of a server: {error}") from error

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def call(self, method: str, path: str, *, repeatable: bool, longer: float = 0, **request: Any) -> Any:
        """Return the JSON of the reply, None when it has no body.

        `repeatable` allows another try, `longer` adds seconds to the time-out.
        Raises ApiError when the server says no, Unreachable when it can't be asked.
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
                hopeless = error.status == TOO_MANY or not is_temporary(error)
                if not repeatable or hopeless or time.monotonic() + wait > give_up:
                    raise
            time.sleep(wait)
            pause *= 2

    @contextmanager
    def stream(
        self, method: str, path: str, *, timeout: float | None = None, **request: Any
    ) -> Iterator[httpx.Response]:
        """Open a reply to be read as it comes; failures inside the block are ClientErrors too. Never tried again."""
        read = self._timeout if timeout is None else timeout
        limits = httpx.Timeout(read, connect=min(CONNECT_SECONDS, read))
        try:
            with self._http.stream(method, path, timeout=limits, **request) as response:
                if not response.is_success:
                    response.read()
                    raise _refusal(response)
                yield response
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unreachable(
                f"{self.url} does not answer",
                why=f"{type(error).__name__}: {error}".rstrip(": "),
                cure="check the address (AVIO_URL or --url) and that the server is up, then try again",
            ) from error


def is_temporary(error: ClientError) -> bool:
    """Tell whether the same request may well succeed a little later."""
    return isinstance(error, Unreachable) or error.status == TOO_MANY or error.status in AWAY


def _json(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise _stranger(response) from error


def _refusal(response: httpx.Response) -> ClientError:
    after = response.headers.get("Retry-After", "")
    retry_after = int(after) if after.isdecimal() else None
    try:
        document = json.loads(response.content)
        return ApiError({**document, "status": response.status_code}, retry_after=retry_after)
    except (ValueError, TypeError, KeyError):
        error = _stranger(response)
        error.retry_after = retry_after
        return error


def _stranger(response: httpx.Response) -> Unreachable:
    kind = response.headers.get("Content-Type", "no content type")
    return Unreachable(
        f"{response.url.copy_with(query=None)} answers, but not as avio does",
        why=f"{response.status_code} {response.reason_phrase}, {kind}",
        cure="check the address (AVIO_URL or --url); a proxy may stand in between",
    )
