"""Queries on uploaded file lists, kept as chunks of text. Written by web, read by intake.

An upload takes as long as its client likes, so it is no transaction: a list counts once `complete` was called.
"""

from collections.abc import Iterator

from ulid import ULID

from avio.db.models import FileList, FileListChunk
from avio.db.sql import change, now, row


def begin(uid: int) -> str:
    """Open a new list and return its id."""
    list_id = str(ULID())
    FileList.create(id=list_id, uid=uid, lines=0, bytes=0, complete=False, created_at=now())
    return list_id


def append(list_id: str, no: int, text: bytes) -> None:
    """Add chunk `no`, counted from 0."""
    FileListChunk.create(list_id=list_id, no=no, data=text)


def complete(list_id: str, lines: int, size: int) -> None:
    """Close the list: from here on jobs may use it."""
    FileList.update(lines=lines, bytes=size, complete=True).where(FileList.id == list_id).execute()


def drop(list_id: str) -> None:
    """Forget a list, finished or not."""
    change("DELETE FROM filelist_chunks WHERE list_id = ?", list_id)
    change("DELETE FROM filelists WHERE id = ?", list_id)


def drop_abandoned(older_than: float) -> int:
    """Forget up to 100 uploads that were begun `older_than` seconds ago and never closed; return how many."""
    begun_before = now() - older_than
    stale = FileList.select(FileList.id).where(~FileList.complete, FileList.created_at < begun_before).limit(100)
    abandoned = [found.id for found in stale]
    for list_id in abandoned:
        drop(list_id)
    return len(abandoned)


def find(list_id: str, uid: int) -> FileList | None:
    """Return a complete list when it is the user's own."""
    own = (FileList.id == list_id) & (FileList.uid == uid) & FileList.complete
    found: FileList | None = FileList.get_or_none(own)
    return found


def read(list_id: str) -> Iterator[bytes]:
    """Yield the text of a list, a chunk at a time."""
    no = 0
    while (found := row("SELECT data FROM filelist_chunks WHERE list_id = ? AND no = ?", list_id, no)) is not None:
        yield bytes(found[0])
        no += 1
