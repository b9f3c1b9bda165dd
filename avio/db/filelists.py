"""Queries on uploaded file lists, kept as chunks of text. Written by web, read by intake, deleted by web or aggregator.

An upload may take long, so it is not one transaction. A list counts after `complete`. A deletion takes the opposite
way: the list no longer counts, then its chunks go, a few at a time.
"""

from collections.abc import Iterator

from ulid import ULID

from avio.db.connection import transaction
from avio.db.models import FileList, FileListChunk
from avio.db.sql import change, now, row, rows


class Full(Exception):
    """The user has too many lists, or too many bytes in them. The text says which."""


class Gone(Exception):
    """The list was deleted during its upload."""


def begin(uid: int, lists_max: int | None = None, bytes_max: int | None = None) -> str:
    """Open a new list and return its id. Raise Full if the user has `lists_max` lists or `bytes_max` bytes in them."""
    list_id = str(ULID())
    with transaction():
        count, size = _held(uid)
        if lists_max is not None and count >= lists_max:
            raise Full(f"you have {count} file lists, and may have {lists_max}")
        if bytes_max is not None and size >= bytes_max:
            raise Full(f"your file lists have {size} bytes, and may have {bytes_max}")
        FileList.create(id=list_id, uid=uid, lines=0, bytes=0, complete=False, created_at=now())
    return list_id


def _held(uid: int) -> tuple[int, int]:
    """Return the number of a user's lists and their bytes. Uploads of one user ask after each other."""
    row("SELECT uid FROM users WHERE uid = ? {alone}", uid)
    found = row("SELECT count(*), coalesce(sum(bytes), 0) FROM filelists WHERE uid = ?", uid)
    assert found is not None
    return int(found[0]), int(found[1])


def has_versions(list_id: str) -> bool:
    """Return True if the lines of a list have versions: they are arrays, and no paths."""
    found = row("SELECT substr(data, 1, 1) FROM filelist_chunks WHERE list_id = ? AND no = 0", list_id)
    return found is not None and bytes(found[0]) == b"["


def append(list_id: str, no: int, text: bytes, bytes_max: int | None = None) -> None:
    """Add chunk `no`, counted from 0. Raise Full if the user's lists have more than `bytes_max` bytes then, or Gone."""
    with transaction():
        owner = row("UPDATE filelists SET bytes = bytes + ? WHERE id = ? RETURNING uid", len(text), list_id)
        if owner is None:
            raise Gone
        FileListChunk.create(list_id=list_id, no=no, data=text)
        if bytes_max is not None and _held(owner[0])[1] > bytes_max:
            raise Full(f"your file lists may have {bytes_max} bytes together")


def complete(list_id: str, lines: int, chunks: int) -> None:
    """Complete the list, which has `chunks` chunks. From now on jobs may use it. Raise Gone if not all are there."""
    done = change(
        "UPDATE filelists SET lines = ?, complete = true"
        " WHERE id = ? AND (SELECT count(*) FROM filelist_chunks WHERE list_id = ?) = ?",
        lines,
        list_id,
        list_id,
        chunks,
    )
    if not done:
        raise Gone


def close(list_id: str, unused_for: float = 0.0, *, wait: bool = True) -> bool:
    """Let no further job use a list. Return False if there is none, or a job uses it that has not ended.

    A job that has ended within the last `unused_for` seconds uses it, too. Without `wait`, so does a transaction.
    """
    with transaction():
        if _lock(list_id, wait=wait) is None:
            return False
        closed = change(
            "UPDATE filelists SET complete = false WHERE id = ? AND NOT EXISTS (SELECT 1 FROM jobs"
            " WHERE list_id = ? AND (finished_at IS NULL OR finished_at > {now} - ?))",
            list_id,
            list_id,
            unused_for,
        )
    return closed > 0


def delete_some(list_id: str, limit: int, *, wait: bool = True) -> bool:
    """Delete up to `limit` chunks of a list that is not complete, then the list. Return True when nothing is left.

    Without `wait`, a list that another transaction has is left to it: True.
    """
    with transaction():
        if _lock(list_id, wait=wait) is not False:
            return True
        deleted = change(
            "DELETE FROM filelist_chunks WHERE list_id = ? AND no IN"
            " (SELECT no FROM filelist_chunks WHERE list_id = ? ORDER BY no LIMIT ?)",
            list_id,
            list_id,
            limit,
        )
        return deleted < limit and change("DELETE FROM filelists WHERE id = ?", list_id) > 0


def _lock(list_id: str, *, wait: bool) -> bool | None:
    """Lock a list against all other transactions. Return whether it is complete, or None if there is none.

    Who holds other rows must not `wait`, else two transactions may wait for each other. Then a list that another
    transaction has is None, too.
    """
    lock = "{deleting}" if wait else "{skip_locked}"
    found = row(f"SELECT complete FROM filelists WHERE id = ? {lock}", list_id)  # noqa: S608 - one of two words
    return None if found is None else bool(found[0])


def by_age(after: tuple[float, str], age: float, limit: int) -> list[tuple[float, str, bool, float]]:
    """Return up to `limit` lists whose upload began `age` seconds ago or earlier, oldest first, after `(time, id)`.

    Each is time, id, whether it is complete, and its age in seconds.
    """
    time = now()
    found = rows(
        "SELECT created_at, id, complete FROM filelists WHERE (created_at, id) > (?, ?) AND created_at <= ?"
        " ORDER BY created_at, id LIMIT ?",
        *after,
        time - age,
        limit,
    )
    return [(at, list_id, bool(complete), time - at) for at, list_id, complete in found]


def find(list_id: str, uid: int) -> FileList | None:
    """Return a complete list of this user, or None."""
    own = (FileList.id == list_id) & (FileList.uid == uid) & FileList.complete
    found: FileList | None = FileList.get_or_none(own)
    return found


def get(list_id: str, uid: int) -> FileList | None:
    """Return a list of this user, complete or not, or None."""
    found: FileList | None = FileList.get_or_none((FileList.id == list_id) & (FileList.uid == uid))
    return found


def page(uid: int, size: int, after: str | None = None) -> list[FileList]:
    """Return up to `size` lists of a user, newest first, older than the list `after`."""
    query = FileList.select().where(FileList.uid == uid).order_by(FileList.id.desc()).limit(size)
    return list(query if after is None else query.where(FileList.id < after))


def read(list_id: str) -> Iterator[bytes]:
    """Yield the text of a list, a chunk at a time."""
    no = 0
    while (found := row("SELECT data FROM filelist_chunks WHERE list_id = ? AND no = ?", list_id, no)) is not None:
        yield bytes(found[0])
        no += 1
