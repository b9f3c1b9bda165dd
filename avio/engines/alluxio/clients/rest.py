"""JSON over HTTP to one of several servers, with limits and retries: the base of the REST clients.

Used in web and the job process, from any thread; opens nothing before the first call.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from avio.engines.alluxio.clients.errors import Exhausted, Refused, of_code
from avio.engines.retry import with_patience
from avio.errors import EngineAway

Params = Mapping[str, str | int | Sequence[str]]

CALL_LIMIT_SECONDS = 30.0  # seconds for an answer
CONNECT_LIMIT_SECONDS = 5.0
MAX_CONNECTIONS = 16


class Unheard(EngineAway):
    """The connection failed: no server received the call, so it may be repeated, whatever it does."""


class Rest:
    """The servers at `urls`. Uses the first one that answers. `name` is for errors, `patience` in seconds.

    Raises errors of Alluxio by `errors.of_code`, and Refused for any other status than 200.
    """

    def __init__(self, name: str, urls: Sequence[str], patience: float) -> None:
        self._name = name
        self._urls = urls
        self._patience = patience
        self._first = 0
        self._silent_since: float | None = None
        self._lock = threading.Lock()
        self._http: httpx2.Client | None = None

    def get(
        self,
        path: str,
        *,
        params: Params | None = None,
        limit: float = CALL_LIMIT_SECONDS,
        patience: float | None = None,
    ) -> Any:
        """Return the JSON of GET `path`, None for an empty body. Repeats it within the patience."""
        patience = self._patience if patience is None else patience
        return with_patience(lambda: self._round("GET", path, params, None, limit), patience)

    def post(
        self, path: str, *, params: Params | None = None, body: Any = None, limit: float = CALL_LIMIT_SECONDS
    ) -> Any:
        """Return the JSON of POST `path`, None for an empty body. Repeats it within the patience.

        Only for idempotent calls.
        """
        return with_patience(lambda: self._round("POST", path, params, body, limit), self._patience)

    def post_once(self, path: str, *, body: Any = None, limit: float = CALL_LIMIT_SECONDS) -> Any:
        """Return the JSON of POST `path`, which a server receives once at most. Repeats it only after Unheard.

        After another EngineAway it may be done or not.
        """
        return with_patience(lambda: self._round("POST", path, None, body, limit, Unheard), self._patience, Unheard)

    def silence(self) -> float:
        """Return the seconds since the first call without any answer; 0 after an answer."""
        since = self._silent_since
        return 0.0 if since is None else time.monotonic() - since

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            http, self._http = self._http, None
        if http is not None:
            http.close()

    def _round(
        self,
        method: str,
        path: str,
        params: Params | None,
        body: Any,
        limit: float,
        again: type[EngineAway] = EngineAway,
    ) -> Any:
        """Ask the servers in turn, while they raise `again`."""
        first, error = self._first, None
        for step in range(len(self._urls)):
            turn = (first + step) % len(self._urls)
            try:
                answer = self._ask(self._urls[turn], method, path, params, body, limit)
            except again as away:
                error = error or away
                continue
            self._first = turn
            return answer
        raise error or EngineAway(f"{self._name}: the settings have no URL for it")

    def _ask(self, url: str, method: str, path: str, params: Params | None, body: Any, limit: float) -> Any:
        began, answered = time.monotonic(), True
        try:
            return self._send(url, method, path, params, body, limit)
        except EngineAway as error:
            answered = isinstance(error, Exhausted)
            raise
        finally:
            self._silent_since = None if answered else self._silent_since or began

    def _send(self, url: str, method: str, path: str, params: Params | None, body: Any, limit: float) -> Any:
        what = f"{self._name} at {url}"
        timeout = httpx2.Timeout(limit, connect=CONNECT_LIMIT_SECONDS)
        try:
            reply = self._client().request(method, url + path, params=params, json=body, timeout=timeout)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Unheard(f"{what}: {error or type(error).__name__}") from None
        except httpx2.TransportError as error:
            raise EngineAway(f"{what}: {error or type(error).__name__}") from None
        return _read(reply, what)

    def _client(self) -> httpx2.Client:
        with self._lock:
            if self._http is None:
                limits = httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS)
                self._http = httpx2.Client(limits=limits, trust_env=False)
            return self._http


def _read(reply: httpx2.Response, what: str) -> Any:
    try:
        answer = reply.json() if reply.content else None
    except ValueError:
        answer = reply.text
    if reply.status_code == 200 and not isinstance(answer, str):
        return answer
    if isinstance(answer, dict) and "statusCode" in answer:
        raise of_code(str(answer["statusCode"]), str(answer.get("message") or ""), what)
    if reply.status_code in (502, 503, 504):
        raise EngineAway(f"{what}: HTTP {reply.status_code}")
    raise Refused(f"{what}: HTTP {reply.status_code} {reply.text[:200]}", f"HTTP_{reply.status_code}")
