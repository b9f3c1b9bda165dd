"""File lists: upload, list, delete. An upload is streamed into the database, never in memory as a whole."""

from collections.abc import Iterator
from typing import Any

from flask import request
from pydantic import BaseModel
from werkzeug.exceptions import UnsupportedMediaType

from avio.api import serializers
from avio.api.auth import caller
from avio.api.blueprints import blueprint, problems
from avio.api.request_fields import Ulid
from avio.api.requests import ListsQuery, Nothing, UploadQuery
from avio.api.responses import FileListInfo, FileListPage
from avio.api.services import services
from avio.errors import TooLarge
from avio.filelist_parser import LINE, NUL, Lines, VersionedLines
from avio.rules import filelists as lists
from avio.wire.paths import PATTERN

PIECE_BYTES = 64 << 10

filelists = blueprint("filelists")


class ListPath(BaseModel):
    """Which list. The route's converter has checked the format."""

    id: Ulid


LINES = {"type": "string", "pattern": rf"^(?:\r?\n)*{PATTERN}(?:\r?\n{PATTERN}|\r?\n)*$"}
BODY = {"required": True, "content": {"text/plain": {"schema": LINES}}}


@filelists.post("/filelists", responses={201: FileListInfo, **problems(409, 413, 415)}, request_body=BODY)
def upload(query: UploadQuery) -> tuple[dict[str, Any], int]:
    """Upload a list of paths, one on each line or each with a NUL behind it, or of paths with versions.

    Use its id as `params.fileListId`.
    """
    if request.mimetype != "text/plain" or request.headers.get("Content-Encoding"):
        raise UnsupportedMediaType("send the list with Content-Type: text/plain")
    settings = services().settings
    if (request.content_length or 0) > settings.list_bytes_max:
        raise TooLarge(f"the file list has more than {settings.list_bytes_max} bytes", cure="split the list")
    lines_max, bytes_max = settings.list_lines_max, settings.list_bytes_max
    if query.separator == "json":
        lines: Lines = VersionedLines(lines_max=lines_max, bytes_max=bytes_max)
    else:
        separator = NUL if query.separator == "nul" else LINE
        lines = Lines(lines_max=lines_max, bytes_max=bytes_max, separator=separator)
    quota = lists.Quota(settings.lists_max, int(settings.lists_bytes_max))
    return serializers.file_list_info(lists.upload(caller(), lines.clean(_body()), quota), services().zone), 201


@filelists.get("/filelists", responses={200: FileListPage})
def list_(query: ListsQuery) -> dict[str, Any]:
    """List the caller's file lists, newest first."""
    page, token = lists.list_lists(caller(), query.page_size, query.page_token)
    return {"fileLists": [serializers.file_list_info(one, services().zone) for one in page], "nextPageToken": token}


@filelists.delete("/filelists/<ulid:id>", responses={204: None, **problems(404, 409)})
def delete(path: ListPath, query: Nothing) -> tuple[str, int]:
    """Delete a file list that no job uses, or needs until it ends."""
    lists.delete(caller(), path.id)
    return "", 204


def _body() -> Iterator[bytes]:
    """Yield the body as it comes. `Lines` bounds its size."""
    # Flask's None means the limit of all other bodies. `Lines` refuses first.
    request.max_content_length = services().settings.list_bytes_max + PIECE_BYTES
    while piece := request.stream.read(PIECE_BYTES):
        yield piece
