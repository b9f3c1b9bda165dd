"""The cache: its tiers, and freeing saved files."""

from typing import Any

from avio.api import serializers
from avio.api.auth import caller
from avio.api.blueprints import blueprint, problems
from avio.api.orders import accepted
from avio.api.requests import FreeBody, Nothing, PreferHeader
from avio.api.responses import FreedInfo, JobInfo, TierList
from avio.api.services import services
from avio.rules import free as rules
from avio.rules.types import Freed
from avio.wire.paths import shown_path

cache = blueprint("cache")


@cache.get("/tiers", responses={200: TierList})
def tiers(query: Nothing) -> dict[str, Any]:
    """Return the capacity and the used bytes of each tier."""
    return {"tiers": [serializers.tier_info(tier) for tier in services().cache.tiers(caller())]}


@cache.post("/free", responses={200: FreedInfo, 202: JobInfo, **problems(403, 404, 409, 413, 415, 422)})
def free(query: Nothing, body: FreeBody, header: PreferHeader) -> Any:
    """Drop a file, or all files below a directory, from the cache: at once, or by a job if there are many files.

    Drop nothing if one of them is not saved, or if the caller may not free one of them.
    """
    path, as_job = body.alluxio_uri, header.respond_async
    done = rules.free(
        services().jobs, caller(), path, recursive=body.recursive, as_job=as_job, key=header.idempotency_key
    )
    if isinstance(done, Freed):
        return {"path": shown_path(path), "files": done.files, "bytes": done.bytes, "gone": done.gone}
    response = accepted(done, made=True)
    if as_job:
        response.headers["Preference-Applied"] = "respond-async"
    return response
