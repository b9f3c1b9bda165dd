"""Report, result and log of a job, streamed chunk by chunk; and the failed files of a job that runs."""

import json
from datetime import timezone
from typing import Any

from flask import Response

from avio.api import serializers
from avio.api.auth import caller
from avio.api.blueprints import blueprint, problems, text
from avio.api.jobs import JobPath
from avio.api.page_tokens import make_token, read_token
from avio.api.requests import FailuresQuery, Nothing, ReportQuery
from avio.api.responses import FailurePage
from avio.api.services import services
from avio.rules import history
from avio.rules.types import Entry, EntryState
from avio.wire.results import FIRST
from avio.wire.states import JobType

NDJSON = "application/x-ndjson"

artifacts = blueprint("artifacts")


@artifacts.get("/jobs/<ulid:id>/report", responses={200: text(NDJSON, "One line for each file."), **problems(404)})
def report(path: JobPath, query: ReportQuery) -> Response:
    """Return the outcome of each file."""
    pieces = history.artifact(caller(), path.id, "report")
    if query.outcome is not None:
        pieces = (_only(piece, query.outcome) for piece in pieces)
    return Response(pieces, mimetype=NDJSON)


@artifacts.get("/jobs/<ulid:id>/failures", responses={200: FailurePage, **problems(404)})
def failures(path: JobPath, query: FailuresQuery) -> dict[str, Any]:
    """Return the failed files of the newest attempt, sorted by path."""
    after = read_token(query.page_token)
    page, last = history.failures(caller(), path.id, query.page_size, after)
    return {"failures": [serializers.failure_info(one) for one in page], "nextPageToken": make_token(last)}


@artifacts.get("/jobs/<ulid:id>/result", responses={200: text(NDJSON, "One EntryInfo on each line."), **problems(404)})
def result(path: JobPath, query: Nothing) -> Response:
    """Return the entries that an ls or stat job found, or a plan's PlanLine for each file."""
    zone, found = services().zone, history.artifact(caller(), path.id, "result")
    if history.get(caller(), path.id).type == JobType.PLAN:
        return Response(found, mimetype=NDJSON)
    return Response((_shown(piece, zone) for piece in found), mimetype=NDJSON)


@artifacts.get(
    "/jobs/<ulid:id>/log", responses={200: text("text/plain", "The log of the newest attempt."), **problems(404)}
)
def log(path: JobPath, query: Nothing) -> Response:
    """Return the log of the job process."""
    return Response(history.artifact(caller(), path.id, "log"), mimetype="text/plain")


def _only(piece: bytes, outcome: str) -> bytes:
    """Keep the lines with `outcome`. Chunks are whole lines."""
    return b"".join(line for line in piece.splitlines(keepends=True) if _fits(json.loads(line), outcome))


def _fits(line: dict[str, Any], outcome: str) -> bool:
    """Return True for a line with `outcome`, and for the one that says that such lines are missing."""
    if "cut" not in line:
        return bool(line["outcome"] == outcome)
    return outcome not in FIRST or line["failed"] > 0


def _shown(piece: bytes, zone: timezone) -> bytes:
    """Turn each line, an engine's entry, into an EntryInfo. Chunks are whole lines."""
    return b"".join(json.dumps(_info(json.loads(line), zone)).encode() + b"\n" for line in piece.splitlines())


def _info(members: dict[str, Any], zone: timezone) -> dict[str, Any]:
    """Return the EntryInfo of an entry; the last line of a result that is cut as it is."""
    if "cut" in members:
        return members
    return serializers.entry_info(Entry(**{**members, "state": EntryState(members["state"])}), zone)
