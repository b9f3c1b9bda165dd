"""Is the process up, is it ready, and what can it be asked: for probes and for programs. No token needed."""

import logging
import time
from collections.abc import Callable
from typing import Any, cast

from flask import current_app
from flask_openapi3.openapi import OpenAPI

from avio.api.parts import parts
from avio.api.replies import Health, Readiness
from avio.api.rooms import room
from avio.db import schema
from avio.db.connecting import borrow

log = logging.getLogger(__name__)

DESCRIPTION = {"description": "This API as OpenAPI 3.1.", "content": {"application/json": {}}}

health = room("health", is_open=True)


@health.get("/healthz", responses={200: Health})
def healthz() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}


@health.get("/readyz", responses={200: Readiness, 503: Readiness})
def readyz() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Tell whether everything is there, and which part does not answer."""
    found = {"database": _part(_database), "redis": _part(parts().redis.ping), "engine": _part(parts().engine.health)}
    if all(part["ok"] for part in found.values()):
        return {"status": "ok", "parts": found}, 200, {}
    return {"status": "away", "parts": found}, 503, {"Retry-After": "5"}


@health.get("/openapi.json", responses={200: DESCRIPTION})
def openapi() -> dict[str, Any]:
    """Describe this API."""
    found: dict[str, Any] = cast(OpenAPI, current_app).api_doc
    return found


def _database() -> None:
    with borrow():
        schema.require_current()


def _part(check: Callable[[], Any]) -> dict[str, Any]:
    """The message is the same whatever fails: it is told to everybody, and errors may hold addresses."""
    began = time.monotonic()
    try:
        check()
    except Exception as error:
        log.warning("a part is away: %s", error)
        return {"ok": False, "message": "does not answer; see the log"}
    return {"ok": True, "message": f"answered in {(time.monotonic() - began) * 1000:.1f} ms"}
