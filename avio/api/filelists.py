"""Uploading file lists: streamed into the database, never held whole."""

from collections.abc import Iterator
from typing import Any

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from avio.api.asked import Nothing
from avio.api.auth import login
from avio.api.lines import Lines
from avio.api.parts import parts
from avio.api.replies import FileListInfo
from avio.api.rooms import problems, room
from avio.db import filelists as lists
from avio.db.connecting import borrow
from avio.errors import TooLarge

PIECE_BYTES = 64 << 10

filelists = room("filelists")

BODY = {"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}}


@filelists.post("/filelists", responses={201: FileListInfo, **problems(413, 415)}, openapi_extensions=BODY)
def upload(query: Nothing) -> tuple[dict[str, Any], int]:
    """Upload a list of paths, one a line; its id goes into `params.fileListId`."""
    if request.mimetype != "text/plain" or request.headers.get("Content-Encoding"):
        raise UnsupportedMediaType("send the list as plain Content-Type: text/plain")
    settings = parts().settings
    if (request.content_length or 0) > settings.list_bytes_max:
        raise TooLarge(f"the file list has more than {settings.list_bytes_max} bytes", cure="split it")
    lines = Lines(lines_max=settings.list_lines_max, bytes_max=settings.list_bytes_max)
    with borrow():
        list_id = lists.begin(login().uid)
    try:
        for no, chunk in enumerate(lines.clean(_body())):
            with borrow():
                lists.append(list_id, no, chunk)
        with borrow():
            lists.complete(list_id, lines.count, lines.size)
    except BaseException:
        with borrow():
            lists.drop(list_id)
        raise
    return {"fileListId": list_id, "lines": lines.count, "bytes": lines.size}, 201


def _body() -> Iterator[bytes]:
    """Yield the body as it comes; `Lines` is what bounds it."""
    request.max_content_length = None
    while piece := request.stream.read(PIECE_BYTES):
        yield piece
