"""Liveness, readiness, and the OpenAPI document. No token needed."""

from typing import Any, cast

from flask import current_app
from flask_openapi.openapi import OpenAPI

from avio.api.blueprints import blueprint, problems
from avio.api.health_responses import Health, Readiness
from avio.api.requests import ReadyQuery
from avio.api.services import services

DESCRIPTION = {"description": "This API as OpenAPI 3.1.", "content": {"application/json": {}}}

health = blueprint("health", is_open=True)


@health.get("/healthz", responses={200: Health})
def healthz() -> dict[str, str]:
    """Answer that the process is alive."""
    return {"status": "ok"}


@health.get("/readyz", responses={200: Readiness, 503: Readiness, **problems(422)})
def readyz(query: ReadyQuery) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Report whether every part answers, or one alone, and name the parts and members that do not."""
    found = (services().database if query.only else services().readiness).get()
    if found["status"] == "away":
        return dict(found), 503, {"Retry-After": "5"}
    return dict(found), 200, {}


@health.get("/openapi.json", responses={200: DESCRIPTION})
def openapi() -> dict[str, Any]:
    """Describe this API."""
    found: dict[str, Any] = cast(OpenAPI, current_app).api_doc
    return found
