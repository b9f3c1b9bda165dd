"""How blueprints are made: one a noun, each route with the problems that any route may end in. Read by web alone."""

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from avio.api.errors import MEDIA_TYPE

# What every route may answer besides its own replies.
_ANYWHERE = (400, 429, 500, 503)


def problems(*statuses: int) -> dict[int | str, Any]:
    """Declare problem documents as the replies of `statuses`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"content": content} for status in statuses}


def text(media_type: str, description: str) -> dict[str, Any]:
    """Declare a reply that is a text of `media_type`, sent as it is read."""
    return {"description": description, "content": {media_type: {"schema": {"type": "string"}}}}


def room(name: str, *, is_open: bool = False) -> APIBlueprint:
    """Return the blueprint of a noun; `is_open` needs no token."""
    return APIBlueprint(
        name,
        __name__,
        abp_tags=[Tag(name=name)],
        abp_security=[] if is_open else [{"QBox": []}],
        abp_responses=problems(*_ANYWHERE) | ({} if is_open else problems(401)),
    )
