"""`Schedules`: the calls of the API about schedules, each a method. `Client.schedules` has them."""

import os
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from avio.client.schedule_shapes import ScheduleDetail, ScheduleInfo, SchedulePage
from avio.client.shapes import JobInfo
from avio.client.transport import Transport


class Schedules:
    """Every method raises ApiError or Unreachable."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, body: Mapping[str, Any]) -> ScheduleInfo:
        """Make a schedule; the members of `body` are those of the API."""
        return cast(ScheduleInfo, self._transport.call("POST", "/schedules", repeatable=False, json=dict(body)))

    def page(self, *, page_token: str | None = None) -> SchedulePage:
        """Return one page of schedules, newest first."""
        query = {} if page_token is None else {"pageToken": page_token}
        return cast(SchedulePage, self._transport.call("GET", "/schedules", repeatable=True, params=query))

    def get(self, schedule: str) -> ScheduleDetail:
        """Return a schedule with its newest jobs."""
        return cast(ScheduleDetail, self._transport.call("GET", _path(schedule), repeatable=True))

    def change(self, schedule: str, changes: Mapping[str, Any]) -> ScheduleDetail:
        """Change a schedule, pause it or resume it. The names are those of the API."""
        reply = self._transport.call("PATCH", _path(schedule), repeatable=True, json=dict(changes))
        return cast(ScheduleDetail, reply)

    def delete(self, schedule: str) -> None:
        """Delete a schedule. Its jobs stay."""
        self._transport.call("DELETE", _path(schedule), repeatable=False)

    def run(self, schedule: str) -> JobInfo:
        """Submit a job of a schedule now."""
        headers = {"Idempotency-Key": os.urandom(16).hex()}
        path = _path(schedule, "/run")
        return cast(JobInfo, self._transport.call("POST", path, repeatable=True, json=None, headers=headers))


def _path(schedule: str, rest: str = "") -> str:
    return f"/schedules/{quote(schedule, safe='')}{rest}"
