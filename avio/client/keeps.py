"""`Keeps`: the calls of the API about keeps, each a method. `Client.keeps` has them."""

from typing import Any, cast
from urllib.parse import quote

from avio.client.keep_shapes import KeepInfo, KeepPage
from avio.client.spelling import spelled_path
from avio.client.transport import Transport


class Keeps:
    """Every method raises ApiError or Unreachable."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def put(self, path: str, until: str | None) -> KeepInfo:
        """Keep what is cached at and below `path`, or set the end of the caller's keep there; None is without one."""
        body = {**spelled_path(path), **({} if until is None else {"until": until})}
        return cast(KeepInfo, self._transport.call("POST", "/keeps", repeatable=True, json=body))

    def page(self, *, path: str | None = None, page_token: str | None = None) -> KeepPage:
        """Return one page of keeps, newest first; with `path` the open ones of all users that hold files there."""
        query: dict[str, Any] = {} if path is None else spelled_path(path)
        if page_token is not None:
            query["pageToken"] = page_token
        return cast(KeepPage, self._transport.call("GET", "/keeps", repeatable=True, params=query))

    def get(self, keep: str) -> KeepInfo:
        """Return a keep."""
        return cast(KeepInfo, self._transport.call("GET", _path(keep), repeatable=True))

    def end(self, keep: str) -> None:
        """End a keep. Idempotent."""
        self._transport.call("DELETE", _path(keep), repeatable=True)


def _path(keep: str) -> str:
    return f"/keeps/{quote(keep, safe='')}"
