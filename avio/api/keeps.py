"""Keeps: paths whose cached files are neither freed nor evicted until a time."""

from datetime import timezone
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel

from avio.api.auth import caller
from avio.api.blueprints import blueprint, problems
from avio.api.keep_shapes import KeepBody, KeepInfo, KeepPage, KeepsQuery
from avio.api.request_fields import Ulid
from avio.api.requests import Nothing
from avio.api.services import services
from avio.clock import rfc3339
from avio.rules.keeps import Shown
from avio.wire import moments

keeps = blueprint("keeps")


class KeepPath(BaseModel):
    """Which keep. The route's converter has checked the format."""

    id: Ulid


@keeps.post("/keeps", responses={200: KeepInfo, 201: KeepInfo, **problems(403, 404, 409, 413, 415)})
def put(query: Nothing, body: KeepBody) -> Response:
    """Keep a path: what is cached at and below it, now or later, stays cached. Again, it sets another end (200)."""
    until_at = None if body.until is None else moments.epoch(body.until)
    found, made = services().keeps.put(caller(), body.alluxio_uri, until_at)
    response = jsonify(_info(found, services().zone))
    response.status_code = 201 if made else 200
    response.headers["Location"] = f"/keeps/{found.keep.id}"
    return response


@keeps.get("/keeps", responses={200: KeepPage})
def list_(query: KeepsQuery) -> dict[str, Any]:
    """List keeps, newest first: the caller's own, or all for an admin; or those of a path, whoever keeps it."""
    page, after = services().keeps.list_keeps(caller(), query.page_size, query.page_token, query.alluxio_uri)
    return {"keeps": [_info(each, services().zone) for each in page], "nextPageToken": after}


@keeps.get("/keeps/<ulid:id>", responses={200: KeepInfo, **problems(404)})
def get(path: KeepPath, query: Nothing) -> dict[str, Any]:
    """Return a keep."""
    return _info(services().keeps.get(caller(), path.id), services().zone)


@keeps.delete("/keeps/<ulid:id>", responses={204: None, **problems(404)})
def end(path: KeepPath, query: Nothing) -> tuple[str, int]:
    """End a keep. It stays in the list for a while."""
    services().keeps.end(caller(), path.id)
    return "", 204


def _info(found: Shown, zone: timezone) -> dict[str, Any]:
    """Return a KeepInfo."""
    keep = found.keep
    return {
        "id": keep.id,
        "path": keep.path,
        "uid": keep.uid,
        "user": found.user,
        "status": found.status.value,
        "until": rfc3339(keep.until_at, zone),
        "holdTime": rfc3339(found.holds_at, zone),
        "evictable": services().keeps.evicts,
        "createTime": rfc3339(keep.created_at, zone),
        "updateTime": rfc3339(keep.updated_at, zone),
        "endTime": rfc3339(found.ended_at, zone),
        "endedBy": keep.ended_by,
    }
