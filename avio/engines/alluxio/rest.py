"""JSON over HTTP to one of several servers, with limits and tries: what the REST clients stand on.

Used in web and the job process, from any thread; opens nothing before the first call.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from avio.engines.alluxio.errors import Exhausted, Refused, of_code
from avio.engines.alluxio.retrying import patiently
from avio.errors import EngineAway

Params = Mapping[str, str | int | Sequence[str]]

CALL_LIMIT = 30.0  # seconds for an answer
CONNECT_LIMIT = 5.0  # seconds
CONNECTIONS = 16


class Unheard(EngineAway):
    """No connection came about: the call was not heard, and may be made again whatever it does."""


class Rest:
    """The servers at `urls`: the first that answers is used. `name` goes into errors, `patience` is in seconds.

    What Alluxio answers with is raised as `errors.of_code` has it, anything else that is not 200 as Refused.
    """

    def __init__(self, name: str, urls: Sequence[str], patience: float) -> None:
        self._name = name
        self._urls = urls
        self._patience = patience
        self._first = 0
        self._silent_since: float | None = None
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None

    def get(self, path: str, *, params: Params | None = None, limit: float = CALL_LIMIT) -> Any:
        """Return the JSON of GET `path`, None for an empty body; tried again while the patience lasts."""
        return patiently(lambda: self._round("GET", path, params, None, limit), self._patience)

    def post(self, path: str, *, params: Params | None = None, body: Any = None, limit: float = CALL_LIMIT) -> Any:
        """Return the JSON of POST `path`, None for an empty body; tried again while the patience lasts.

        Only for calls that may be repeated without harm.
        """
        return patiently(lambda: self._round("POST", path, params, body, limit), self._patience)

    def post_once(self, path: str, *, body: Any = None, limit: float = CALL_LIMIT) -> Any:
        """Return the JSON of POST `path`, which is heard once at most; tried again only while nobody hears it.

        EngineAway other than Unheard leaves open whether it was done.
        """
        return patiently(lambda: self._round("POST", path, None, body, limit, Unheard), self._patience, Unheard)

    def silence(self) -> float:
        """Return for how many seconds calls have been made and none was answered, 0 once one was."""
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
        """Ask one server after the other, as long as they raise `again`."""
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
        raise error or EngineAway(f"{self._name}: the settings name no URL for it")

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
        timeout = httpx.Timeout(limit, connect=CONNECT_LIMIT)
        try:
            reply = self._client().request(method, url + path, params=params, json=body, timeout=timeout)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unheard(f"{what}: {error or type(error).__name__}") from None
        except httpx.TransportError as error:
            raise EngineAway(f"{what}: {error or type(error).__name__}") from None
        return _read(reply, what)

    def _client(self) -> httpx.Client:
        with self._lock:
            if self._http is None:
                limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
                self._http = httpx.Client(limits=limits, trust_env=False)
            return self._http


def _read(reply: httpx.Response, what: str) -> Any:
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
