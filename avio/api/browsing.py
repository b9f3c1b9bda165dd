"""The tasks list and stat: answered at once, out of the engine, or made jobs with `Prefer: respond-async`."""

import base64
import binascii
from typing import Any
from urllib.parse import urlencode

from flask import Response

from avio.api import showing
from avio.api.asked import ListQuery, PreferHeader, StatQuery
from avio.api.orders import place
from avio.api.parts import parts
from avio.api.replies import EntryInfo, EntryPage, JobInfo
from avio.api.rooms import problems, room
from avio.errors import BadRequest, FieldError, TooLarge
from avio.jobs import JobSpec
from avio.wire.orders import Params
from avio.wire.paths import PathError, canonical, is_under
from avio.wire.states import JobType

# Files below a directory that a task looks at; beyond, it is a job's work.
STAT_FILES_MAX = 100_000

browsing = room("browsing")


@browsing.get("/list", responses={200: EntryPage, 202: JobInfo, **problems(403, 404, 413, 422)})
def list_(query: ListQuery, header: PreferHeader) -> Any:
    """List what is below a path, with its cache state."""
    if header.respond_async:
        params = Params(alluxio_uri=query.alluxio_uri, depth=query.depth)
        return _as_job(JobSpec(JobType.LS, params), header)
    after = _read_token(query.page_token, query.alluxio_uri) if query.page_token else None
    page = parts().engine.list(query.alluxio_uri, depth=query.depth, size=query.page_size, after=after)
    token = _make_token(page.after) if page.after else None
    zone = parts().zone
    reply = {
        "path": query.alluxio_uri,
        "entries": [showing.entry_info(entry, zone) for entry in page.entries],
        "nextPageToken": token,
    }
    return reply, 200, _next_link(query, token)


@browsing.get("/stat", responses={200: EntryInfo, 202: JobInfo, **problems(403, 404, 413, 422)})
def stat(query: StatQuery, header: PreferHeader) -> Any:
    """Tell how a path stands between bucket and cache, a directory with its sums."""
    if header.respond_async:
        return _as_job(JobSpec(JobType.STAT, Params(alluxio_uri=query.alluxio_uri)), header)
    try:
        entry = parts().engine.stat(query.alluxio_uri, limit=STAT_FILES_MAX)
    except TooLarge as error:
        raise TooLarge(error.message, cure="send Prefer: respond-async to make it a job") from error
    return showing.entry_info(entry, parts().zone)


def _as_job(spec: JobSpec, header: PreferHeader) -> Response:
    response = place(spec, header)
    response.headers["Preference-Applied"] = "respond-async"
    return response


def _next_link(query: ListQuery, token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    asked = {**query.model_dump(by_alias=True, exclude_unset=True), "pageToken": token}
    return {"Link": f'</list?{urlencode(asked)}>; rel="next"'}


def _make_token(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode()


def _read_token(token: str, path: str) -> str:
    """Return the path to go on after; whatever else a client made up is refused."""
    try:
        after = base64.b64decode(token, altchars=b"-_", validate=True).decode()
        if is_under(canonical(after), path):
            return after
    except (binascii.Error, ValueError, PathError):
        pass
    wrong = FieldError("pageToken", "is not one of this listing; begin again without it")
    raise BadRequest("the request is refused for pageToken", [wrong])
