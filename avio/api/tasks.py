"""The tasks list and stat: answered by the engine at once, or jobs with `Prefer: respond-async`."""

from typing import Any
from urllib.parse import urlencode

from flask import Response

from avio.api import serializers
from avio.api.auth import caller
from avio.api.blueprints import blueprint, problems
from avio.api.errors import for_the_caller
from avio.api.orders import place
from avio.api.page_tokens import make_token, read_token
from avio.api.requests import ListQuery, PreferHeader, StateQuery
from avio.api.responses import EntryInfo, EntryPage, JobInfo
from avio.api.services import services
from avio.errors import BadRequest, FieldError
from avio.rules.order_checks import JobSpec
from avio.wire.params import Params
from avio.wire.paths import shown_path, spelled
from avio.wire.states import JobType

browsing = blueprint("browsing")


@browsing.get("/list", responses={200: EntryPage, 202: JobInfo, **problems(403, 404, 413, 422)})
def list_(query: ListQuery, header: PreferHeader) -> Any:
    """List the entries below a path, with their cache state."""
    if header.respond_async:
        params = Params.at(query.alluxio_uri, depth=query.depth)
        return _as_job(JobSpec(JobType.LS, params), header)
    after = read_token(query.page_token, query.alluxio_uri)
    page = services().cache.list(
        caller(), query.alluxio_uri, depth=query.depth, size=query.page_size, after=after, sums=query.sums
    )
    token = make_token(page.after)
    zone = services().zone
    reply = {
        "path": shown_path(query.alluxio_uri),
        "entries": [serializers.entry_info(entry, zone) for entry in page.entries],
        "leftOut": len(page.left_out),
        "unanswered": list(page.unanswered),
        "refused": [
            {"path": path, "reason": error.reason, "message": for_the_caller(error)}
            for path, error in page.refused.items()
        ],
        "nextPageToken": token,
    }
    return reply, 200, _next_link(query, token)


@browsing.get("/stat", responses={200: EntryInfo, 202: JobInfo, **problems(403, 404, 413, 422)})
def stat(query: StateQuery, header: PreferHeader) -> Any:
    """Return the state of a path in bucket and cache; for a directory, its sums."""
    if header.respond_async:
        if query.cached_only:
            message = "has no effect on a job; remove it, or the header Prefer"
            raise BadRequest("the request is invalid: cachedOnly", [FieldError("cachedOnly", message)])
        return _as_job(JobSpec(JobType.STAT, Params.at(query.alluxio_uri)), header)
    look = services().cache.cached if query.cached_only else services().cache.stat
    return serializers.entry_info(look(caller(), query.alluxio_uri), services().zone)


def _as_job(spec: JobSpec, header: PreferHeader) -> Response:
    response = place(spec, header)
    response.headers["Preference-Applied"] = "respond-async"
    return response


def _next_link(query: ListQuery, token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    text, is_encoded = spelled(query.alluxio_uri)
    asked = {**query.model_dump(by_alias=True, exclude_unset=True), "alluxioUri": text, "pageToken": token}
    asked |= {"alluxioUriEncoded": str(is_encoded).lower()} if "alluxioUriEncoded" in asked else {}
    return {"Link": f'</list?{urlencode(asked)}>; rel="next"'}
