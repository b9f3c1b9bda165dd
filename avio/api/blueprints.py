"""Blueprints: one for each noun, with the problem documents that any route may answer. Run by web alone."""

from typing import Any

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from avio.api.problem_document import MEDIA_TYPE
from avio.api.sockets.refusals import REASONS

SCHEMAS = "#/components/schemas"

# Every route may answer these besides its own replies; those of REASONS come before any route.
_ANYWHERE = (*REASONS, 429, 503)

_RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}


def problems(*statuses: int) -> dict[int | str, Any]:
    """Declare problem documents as the replies for `statuses`."""
    reply = {"content": {MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}/Problem"}}}}
    later = reply | {"headers": {"Retry-After": _RETRY_AFTER}}
    return {status: later if status in (429, 503) else reply for status in statuses}


def text(media_type: str, description: str) -> dict[str, Any]:
    """Declare a streamed text reply of `media_type`."""
    return {"description": description, "content": {media_type: {"schema": {"type": "string"}}}}


def blueprint(name: str, *, is_open: bool = False) -> APIBlueprint:
    """Return the blueprint of a noun; `is_open` needs no token."""
    return APIBlueprint(
        name,
        __name__,
        abp_tags=[Tag(name=name)],
        abp_security=[] if is_open else [{"QBox": []}],
        abp_responses=problems(*_ANYWHERE) | ({} if is_open else problems(401)),
    )


def may_be_empty(shape: str) -> dict[str, Any]:
    """Describe a body that need not be there."""
    return {"required": False, "content": {"application/json": {"schema": {"$ref": f"{SCHEMAS}/{shape}"}}}}
