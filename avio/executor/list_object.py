"""A file list that is an object of a bucket: the job process fetches it, checks it, and has it as a file.

Runs in the job process, before the listing.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from avio.errors import BadRequest, EngineError, Scope
from avio.executor.selection import PIECE_BYTES, separator_of
from avio.executor.work import Work
from avio.filelist_parser import Lines

# Larger lists than any upload; their bytes are on the disk of the node, never in memory.
LINES_MAX = 1_000_000_000
BYTES_MAX = 64 << 30

OBJECT_NAME, LIST_NAME = "list.object", "list"


class InvalidFileList(EngineError):
    """Some lines of a list in a bucket are not paths."""

    scope = Scope.JOB
    reason = "INVALID_FILE_LIST"
    cure = "correct these lines of the object, then retry the job"


def with_list(work: Work) -> Work:
    """Return the work with the list that its order names in a bucket, or `work` itself.

    Raises InvalidFileList with the first invalid lines, Stopped, and the engine's errors.
    """
    path = work.order.params.file_list_path
    if path is None:
        return work
    fetched, file = work.directory / OBJECT_NAME, work.directory / LIST_NAME
    work.patience().call(lambda: _fetch(work, path, fetched))
    with open(file, "wb") as stream:
        try:
            stream.writelines(_checked(work, fetched))
        except BadRequest as error:
            named = "; ".join(f"{each.field}: {each.message}" for each in error.fields)
            raise InvalidFileList(": ".join(filter(None, (f"{path}: {error}", named)))) from None
    fetched.unlink()
    return replace(work, order=replace(work.order, file_list=str(file)))


def _fetch(work: Work, path: str, file: Path) -> None:
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        work.engine.read_object(path, fd, work.attempt)
    finally:
        os.close(fd)


def _checked(work: Work, file: Path) -> Iterator[bytes]:
    """Yield the paths of a list, each with its separator."""
    with open(file, "rb") as stream:
        lines = Lines(lines_max=LINES_MAX, bytes_max=BYTES_MAX, separator=separator_of(stream), bucket=True)
        pieces = iter(lambda: stream.read(PIECE_BYTES), b"")
        for chunk in lines.clean(pieces):
            work.attempt.checked()
            work.attempt.raise_if_stopping()
            yield chunk
