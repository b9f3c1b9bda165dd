"""What attempts leave behind: report, result, log; streamed from the database a chunk at a time."""

import json
from collections.abc import Iterator
from datetime import timezone

from flask import Response

from avio.api import showing
from avio.api.asked import Nothing, ReportQuery
from avio.api.jobs import JobPath, find
from avio.api.parts import parts
from avio.api.rooms import problems, room, text
from avio.db import artifacts as chunks
from avio.db.connecting import borrow
from avio.engines.base import Entry, EntryState
from avio.errors import NotFound

NDJSON = "application/x-ndjson"

artifacts = room("artifacts")


@artifacts.get("/jobs/<ulid:id>/report", responses={200: text(NDJSON, "A line a file."), **problems(404)})
def report(path: JobPath, query: ReportQuery) -> Response:
    """Tell what became of each file."""
    pieces = _pieces(path.id, "report")
    if query.outcome is not None:
        pieces = (_only(piece, query.outcome) for piece in pieces)
    return Response(pieces, mimetype=NDJSON)


@artifacts.get("/jobs/<ulid:id>/result", responses={200: text(NDJSON, "An EntryInfo a line."), **problems(404)})
def result(path: JobPath, query: Nothing) -> Response:
    """Return the entries that an ls or stat job found."""
    zone = parts().zone
    return Response((_shown(piece, zone) for piece in _pieces(path.id, "result")), mimetype=NDJSON)


@artifacts.get(
    "/jobs/<ulid:id>/log", responses={200: text("text/plain", "The log of the newest attempt."), **problems(404)}
)
def log(path: JobPath, query: Nothing) -> Response:
    """Return what the job process logged."""
    return Response(_pieces(path.id, "log"), mimetype="text/plain")


def _pieces(job_id: str, kind: str) -> Iterator[bytes]:
    """Return the text of an artifact, chunk by chunk, with no connection held between two of them."""
    find(job_id)
    with borrow():
        attempt = chunks.newest_attempt(job_id, kind)
    if attempt is None:
        raise NotFound(f"job {job_id} has left no {kind} yet", cure="wait until the job has run")
    return _read(job_id, attempt, kind)


def _read(job_id: str, attempt: int, kind: str) -> Iterator[bytes]:
    no = 0
    while True:
        with borrow():
            piece = next(chunks.read(job_id, attempt, kind, no), None)
        if piece is None:
            return
        yield piece
        no += 1


def _only(piece: bytes, outcome: str) -> bytes:
    """Chunks are whole lines: keep those with `outcome`."""
    return b"".join(line for line in piece.splitlines(keepends=True) if json.loads(line)["outcome"] == outcome)


def _shown(piece: bytes, zone: timezone) -> bytes:
    """Chunks are whole lines: turn each, an engine's entry, into an EntryInfo."""
    found = (json.loads(line) for line in piece.splitlines())
    entries = (Entry(**{**members, "state": EntryState(members["state"])}) for members in found)
    return b"".join(json.dumps(showing.entry_info(entry, zone)).encode() + b"\n" for entry in entries)
