"""The cache itself: what its tiers hold, and dropping what is saved."""

from typing import Any

from avio.api import showing
from avio.api.asked import FreeBody, Nothing
from avio.api.parts import parts
from avio.api.replies import FreedInfo, TierList
from avio.api.rooms import problems, room
from avio.errors import TooLarge

# Cached files that one call looks at and drops.
FREE_FILES_MAX = 100_000

cache = room("cache")


@cache.get("/tiers", responses={200: TierList})
def tiers(query: Nothing) -> dict[str, Any]:
    """Tell how much each tier may hold, and holds."""
    return {"tiers": [showing.tier_info(tier) for tier in parts().engine.capacity()]}


@cache.post("/free", responses={200: FreedInfo, **problems(403, 404, 409, 413, 415)})
def free(query: Nothing, body: FreeBody) -> dict[str, Any]:
    """Drop a file, or all below a directory, from the cache; refused as a whole where something is not saved."""
    path = body.alluxio_uri
    try:
        freed = parts().engine.free(path, recursive=body.recursive, limit=FREE_FILES_MAX)
    except TooLarge as error:
        raise TooLarge(error.message, cure="free what lies below it, directory by directory") from error
    return {"path": path, "files": freed.files, "bytes": freed.bytes}
