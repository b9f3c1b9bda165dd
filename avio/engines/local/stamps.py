"""The stamp of a cached file: the version of its source when the copy was made or saved.

An extended attribute of the copy, so that there is no index that could be wrong. Its name holds a digest of the
object's name, and its value the store and the copy's inode: copies, links and renames carry attributes along. Used in
web and the job process.
"""

import json
import os
from contextlib import suppress
from hashlib import blake2b
from typing import NamedTuple

import orjson

from avio.engines.local.birth import birth_ns

ATTRIBUTE = "user.avio.source"  # older caches have it without a digest
# Between a copy's ctime that its stamp holds, and the ctime that the stamp itself and the copy's final name give it.
OWN_NS = 20_000_000
NO_TIME = -(1 << 63)  # the mtime of no file
RENEWALS = 20  # of a stamp, on a busy machine that lets the process wait in between; then the copy is compared once


class ObjectName(NamedTuple):
    """The name of an object: the url of its bucket with its key, and the store, since two may have one url."""

    text: str
    store: str = ""


class Stamp(NamedTuple):
    """Size, mtime and etag of the source; the mtime and the inode of the copy at that time.

    An `inode` of 0 is a stamp of an older cache, which may be another file's, or of the same name in another store.
    `seen_ns` is the copy's ctime at that time, 0 in older caches. `listed` is the source's etag in a listing, if the
    store has another one there. `born_ns` is 0 where the file system does not keep when an inode was made.
    """

    size: int
    mtime_ns: int
    etag: str | None
    local_mtime_ns: int
    inode: int = 0
    seen_ns: int = 0
    listed: str | None = None
    born_ns: int = 0
    store: str = ""

    def is_of(self, inode: int, born_ns: int) -> bool:
        """Return True if the stamp was made on this inode, and not on an earlier one with its number."""
        return self.inode == inode and (not (self.born_ns and born_ns) or self.born_ns == born_ns)

    def covers(self, status: os.stat_result) -> bool:
        """Return True if nothing but avio has changed the file since its stamp, as far as the stamp tells."""
        return not self.seen_ns or status.st_ctime_ns <= self.seen_ns + OWN_NS


class Marks(NamedTuple):
    """What the attributes of a file say.

    `foreign` is True if the bytes may be another cached file's: its attributes came with them. `touched` is True if
    the file was changed after its stamp: its bytes by a program that set the mtime back, or only its mode or its names.
    """

    stamp: Stamp | None
    foreign: bool = False
    touched: bool = False


UNMARKED = Marks(None)


def attribute_of(name: ObjectName) -> str:
    """Return the attribute for the stamp of the object `name`."""
    return f"{ATTRIBUTE}.{blake2b(name.text.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"


def read_marks(fd: int, name: ObjectName) -> Marks:
    """Return the marks of an open file as a copy of the object `name`.

    A stamp with another inode was copied here from another file, and counts as one of an older cache does.
    """
    found = _all(fd)
    if not found:
        return UNMARKED
    old, mine = found.pop(ATTRIBUTE, None), found.pop(attribute_of(name), None)
    if mine is not None:
        status, born_ns = os.fstat(fd), birth_ns(fd)
        if (mine.store and mine.store != name.store) or not mine.is_of(status.st_ino, born_ns):
            mine = mine._replace(inode=0)
        return Marks(mine, _copied_over(found, status.st_ino, born_ns), not mine.covers(status))
    return Marks(None if found else old, bool(found))


def write_stamp(fd: int, name: ObjectName, stamp: Stamp) -> bool:
    """Put the stamp of the object `name` on an open file, with the file's inode. Return False if that is impossible.

    `stamp.seen_ns` is the file's ctime when its bytes were known. If it is still the same, the file counts as
    untouched from now on. Stamps of other objects go, except those of other hard links while the file has its own
    bytes.
    """
    status = os.fstat(fd)
    own = attribute_of(name)
    others = {each: other for each, other in _all(fd).items() if each != own}
    if status.st_nlink == 1 or _copied_over(others, status.st_ino, birth_ns(fd)):
        for each in others:
            with suppress(OSError):
                os.removexattr(fd, each)
        others = {}
    if not _put(fd, own, stamp, name.store):
        return False
    if status.st_ctime_ns == stamp.seen_ns:
        now = os.fstat(fd).st_ctime_ns  # the attribute itself has changed it
        for each, other in others.items():
            if other is not None and other.covers(status):
                _put(fd, each, other._replace(seen_ns=now), other.store)
        _put(fd, own, stamp._replace(seen_ns=now), name.store)
    return True


def stamp_new(fd: int, name: ObjectName, size: int, mtime_ns: int, etag: str | None, listed: str | None = None) -> bool:
    """Put the first stamp on an open file that this process has made. Return False if that is impossible."""
    status = os.fstat(fd)
    stamp = Stamp(size, mtime_ns, etag, status.st_mtime_ns, seen_ns=status.st_ctime_ns, listed=listed)
    return _put(fd, attribute_of(name), stamp, name.store)


def renew_stamp(fd: int, name: ObjectName) -> None:
    """Let the stamp of a file that this process has made cover its name too, which came long after the stamp."""
    stamp = _read(fd, attribute_of(name))
    if stamp is None:
        return
    for _ in range(RENEWALS):
        renewed = stamp._replace(seen_ns=os.fstat(fd).st_ctime_ns)
        if not _put(fd, attribute_of(name), renewed, name.store) or renewed.covers(os.fstat(fd)):
            return


def disown(fd: int, name: ObjectName) -> bool:
    """Put a stamp on an open file that fits no object and no copy, so that the file is in conflict with `name`."""
    return _put(fd, attribute_of(name), Stamp(-1, 0, None, NO_TIME), name.store)


def _put(fd: int, attribute: str, stamp: Stamp, store: str) -> bool:
    whole = stamp._replace(inode=os.fstat(fd).st_ino, born_ns=birth_ns(fd), store=store)
    try:
        os.setxattr(fd, attribute, _sized(_dumped(whole)))
    except OSError:
        return False
    return True


def _copied_over(others: dict[str, Stamp | None], inode: int, born_ns: int) -> bool:
    """Return True if a program that copies attributes has written this file: one of them is of another inode."""
    return any(stamp is None or not stamp.is_of(inode, born_ns) for stamp in others.values())


def _all(fd: int) -> dict[str, Stamp | None]:
    """Return every stamp on an open file by its attribute; None for one that can't be read."""
    try:
        return {each: _read(fd, each) for each in os.listxattr(fd) if each.startswith(ATTRIBUTE)}
    except OSError:
        return {}


def _read(fd: int, attribute: str) -> Stamp | None:
    try:
        return _loaded(os.getxattr(fd, attribute))
    except (OSError, ValueError, TypeError):
        return None


def _sized(text: bytes) -> bytes:
    """Return `text` in a size that no access list has: a job process may set none (`avio.isolation.denied_calls`)."""
    return text + b" " if len(text) % 8 == 4 else text


def _dumped(stamp: Stamp) -> bytes:
    try:
        return orjson.dumps(stamp._asdict())
    except orjson.JSONEncodeError:  # a time that takes more than 64 bits in nanoseconds
        return json.dumps(stamp._asdict()).encode()


def _loaded(text: bytes) -> Stamp:
    stamp = Stamp(**orjson.loads(text))
    if isinstance(stamp.mtime_ns, float) or isinstance(stamp.local_mtime_ns, float):  # it takes more than 64 bits
        return Stamp(**json.loads(text))
    return stamp
