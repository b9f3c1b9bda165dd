"""Who fills the cache: by directory, user, job or mount."""

from datetime import timezone
from typing import Any

from avio.api.auth import caller
from avio.api.blueprints import blueprint
from avio.api.services import services
from avio.api.top_shapes import TopInfo, TopQuery
from avio.clock import rfc3339
from avio.rules.cache_map import Sums
from avio.rules.top import Asked, Line, Survey
from avio.wire.paths import shown_path

top = blueprint("top")


@top.get("/top", responses={200: TopInfo})
def look(query: TopQuery) -> dict[str, Any]:
    """Return who fills the cache, as the newest surveys of the tiers tell. Nothing is walked for it."""
    asked = Asked(query.by, query.alluxio_uri, query.depth, query.tier, query.page_size)
    answer, zone = services().top.look(caller(), asked), services().zone
    return {
        "by": query.by.value,
        "path": shown_path(query.alluxio_uri),
        "isWhole": answer.is_whole,
        "tiers": [_survey(each, zone) for each in answer.surveys],
        "rows": [_row(line, zone) for line in answer.lines],
        "otherRows": answer.other_lines,
        "others": _sums(answer.others, zone),
        "total": _sums(answer.total, zone),
    }


def _row(line: Line, zone: timezone) -> dict[str, Any]:
    """Return a TopRow."""
    return {
        **_sums(line.sums, zone),
        "path": line.path,
        "came": None if line.came is None else line.came.value,
        "uid": line.uid,
        "user": line.user,
        "job": line.job,
        "name": line.name,
    }


def _sums(sums: Sums, zone: timezone) -> dict[str, Any]:
    """Return TopSums."""
    return {
        "files": sums.files,
        "bytes": sums.bytes,
        "unreadBytes": sums.unread,
        "unsureBytes": sums.unsure,
        "unsavedFiles": sums.unsaved_files,
        "unsavedBytes": sums.unsaved,
        "oldestUnsaved": rfc3339(sums.oldest or None, zone),
    }


def _survey(survey: Survey, zone: timezone) -> dict[str, Any]:
    """Return a SurveyInfo."""
    return {
        "alias": survey.tier,
        "surveyTime": rfc3339(survey.taken_at, zone),
        "seconds": survey.took,
        "isWhole": survey.is_whole,
    }
