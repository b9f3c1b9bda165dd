"""The stamp of a cached file: the version of its source when the copy was made or saved.

An extended attribute of the copy, so that there is no index that could be wrong. Its name holds a digest of the
object's name, and its value the store and the copy's inode: copies, links and renames carry attributes along. Used in
web and the job process.
"""

import errno
import json
import os
import time
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import orjson

from avio.engines.local.birth import Inode, inode_of

ATTRIBUTE = "user.avio.source"  # older caches have it without a digest
# Between a copy's ctime that its stamp holds, and the ctime that the stamp itself and the copy's final name give it.
OWN_NS = 20_000_000
NO_TIME = -(1 << 63)  # the mtime of no file
# The disk or the machine fails: what a file has is unknown then. After other errors it has no stamp that can be read.
_UNKNOWN = frozenset({errno.EIO, errno.ENOMEM, errno.ESTALE, errno.EUCLEAN})
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
    `replaces` marks the stamp of an upload whose object nobody has seen yet: the etag of the object before, "" for
    none, or for one that the copy was in conflict with. Such a stamp counts only while the bucket has its object.
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
    replaces: str | None = None

    def confirmed(self, mtime_ns: int) -> "Stamp":
        """Return the stamp of an upload whose object was seen, with the object's time. `_replace` takes longer."""
        seen: Stamp = tuple.__new__(Stamp, (self.size, mtime_ns, *self[2:-1], None))
        return seen

    def is_of(self, inode: Inode) -> bool:
        """Return True if the stamp was made on this inode, and not on an earlier one with its number."""
        return self.inode == inode.number and (not (self.born_ns and inode.born_ns) or self.born_ns == inode.born_ns)

    def covers(self, inode: Inode) -> bool:
        """Return True if nothing but avio has changed the file since its stamp, as far as the stamp tells."""
        return not self.seen_ns or inode.ctime_ns <= self.seen_ns + OWN_NS


class Marks(NamedTuple):
    """What the attributes of a file say.

    `foreign` is True if the bytes may be another cached file's: its attributes came with them. `touched` is True if
    the file was changed after its stamp: its bytes by a program that set the mtime back, or only its mode or its names.
    `alone` is True if the file is known to have no stamp of another object.
    """

    stamp: Stamp | None
    foreign: bool = False
    touched: bool = False
    alone: bool = False


UNMARKED = Marks(None, alone=True)


@lru_cache(maxsize=16)  # a file's is asked for several times in a row
def attribute_of(name: ObjectName) -> str:
    """Return the attribute for the stamp of the object `name`."""
    return f"{ATTRIBUTE}.{blake2b(name.text.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"


def read_marks(fd: int, name: ObjectName) -> Marks:
    """Return the marks of an open file as a copy of the object `name`.

    A stamp with another inode was copied here from another file, and counts as one of an older cache does. Raise
    OSError if the disk fails.
    """
    found = _all(fd)
    if not found:
        return UNMARKED
    alone = len(found) == 1
    old, mine = found.pop(ATTRIBUTE, None), found.pop(attribute_of(name), None)
    if mine is not None:
        inode = inode_of(fd)
        if (mine.store and mine.store != name.store) or not mine.is_of(inode):
            mine = mine._replace(inode=0)
        return Marks(mine, _copied_over(found, inode), not mine.covers(inode), alone)
    return Marks(None if found else old, bool(found))


def write_stamp(fd: int, name: ObjectName, stamp: Stamp, *, alone: bool = False) -> bool:
    """Put the stamp of the object `name` on an open file, with the file's inode. Return False if that is impossible.

    `alone` as in its `Marks`.

    `stamp.seen_ns` is the file's ctime when its bytes were known. If it is still the same, the file counts as
    untouched from now on. Stamps of other objects go, except those of other hard links while the file has its own
    bytes.
    """
    inode = inode_of(fd)
    own = attribute_of(name)
    others = {} if alone else _all(fd, but=own)
    if others and (os.fstat(fd).st_nlink == 1 or _copied_over(others, inode)):
        for each in others:
            with suppress(OSError):
                os.removexattr(fd, each)
        others = {}
    if inode.ctime_ns != stamp.seen_ns:
        return _put(fd, own, stamp, name.store, inode)
    now = stamp_known(fd, name, stamp._replace(inode=inode.number, born_ns=inode.born_ns, store=name.store))
    if now is None:
        return False
    for each, other in others.items():
        if other is not None and other.covers(inode):
            _put(fd, each, other._replace(seen_ns=now), other.store)
    return True


def stamp_known(fd: int, name: ObjectName, stamp: Stamp) -> int | None:
    """Put a stamp with inode and store on an open file that was just seen as it was when its bytes were known.

    The file has no stamp of another object, or the caller cares for it. Return the file's ctime from now on, which the
    stamp covers; None if it can't be put there.
    """
    own, members = attribute_of(name), _members(stamp)
    members["seen_ns"] = guessed_ns = time.time_ns()  # the attribute itself changes the ctime
    if not _set(fd, own, members):
        return None
    now = os.fstat(fd).st_ctime_ns
    if abs(now - guessed_ns) <= OWN_NS // 2:
        return now
    members["seen_ns"] = now
    _set(fd, own, members)
    return os.fstat(fd).st_ctime_ns


def stamp_new(fd: int, name: ObjectName, size: int, mtime_ns: int, etag: str | None, listed: str | None = None) -> bool:
    """Put the first stamp on an open file that this process has made. Return False if that is impossible."""
    inode, own_mtime_ns, ctime_ns, born_ns, _ = inode_of(fd)
    members: dict[str, object] = {
        "size": size,
        "mtime_ns": mtime_ns,
        "etag": etag,
        "local_mtime_ns": own_mtime_ns,
        "inode": inode,
        "seen_ns": ctime_ns,
        "listed": listed,
        "born_ns": born_ns,
        "store": name.store,
    }
    return _set(fd, attribute_of(name), members)


def renew_stamp(fd: int, name: ObjectName) -> None:
    """Let the stamp of a file that this process has made cover its name too, which came long after the stamp."""
    stamp = _read(fd, attribute_of(name))
    if stamp is None:
        return
    for _ in range(RENEWALS):
        inode = inode_of(fd)
        renewed = stamp._replace(seen_ns=inode.ctime_ns)
        if not _put(fd, attribute_of(name), renewed, name.store, inode) or renewed.covers(inode_of(fd)):
            return


def disown(fd: int, name: ObjectName) -> bool:
    """Put a stamp on an open file that fits no object and no copy, so that the file is in conflict with `name`."""
    return _put(fd, attribute_of(name), Stamp(-1, 0, None, NO_TIME), name.store)


def _put(fd: int, attribute: str, stamp: Stamp, store: str, inode: Inode | None = None) -> bool:
    inode = inode or inode_of(fd)
    return _set(fd, attribute, _members(stamp._replace(inode=inode.number, born_ns=inode.born_ns, store=store)))


def _set(fd: int, attribute: str, members: dict[str, object]) -> bool:
    try:
        os.setxattr(fd, attribute, _sized(_dumped(members)))
    except OSError:
        return False
    return True


def _copied_over(others: dict[str, Stamp | None], inode: Inode) -> bool:
    """Return True if a program that copies attributes has written this file: one of them is of another inode."""
    return any(stamp is None or not stamp.is_of(inode) for stamp in others.values())


def _all(fd: int, but: str = "") -> dict[str, Stamp | None]:
    """Return every stamp on an open file but one by its attribute; None for one that can't be read.

    Raise OSError if the disk fails.
    """
    try:
        return {each: _read(fd, each) for each in os.listxattr(fd) if each.startswith(ATTRIBUTE) and each != but}
    except OSError as error:
        if error.errno in _UNKNOWN:
            raise
        return {}


def _read(fd: int, attribute: str) -> Stamp | None:
    try:
        return _loaded(os.getxattr(fd, attribute))
    except OSError as error:
        if error.errno in _UNKNOWN:
            raise
        return None
    except (ValueError, TypeError):
        return None


def _sized(text: bytes) -> bytes:
    """Return `text` in a size that no access list has: a job process may set none (`avio.isolation.denied_calls`)."""
    return text + b" " if len(text) % 8 == 4 else text


def _members(stamp: Stamp) -> dict[str, object]:
    members = stamp._asdict()
    if stamp.replaces is None:  # older versions don't know the member
        del members["replaces"]
    return members


def _dumped(members: dict[str, object]) -> bytes:
    try:
        return orjson.dumps(members)
    except orjson.JSONEncodeError:  # a time that takes more than 64 bits in nanoseconds
        return json.dumps(members).encode()


def _loaded(text: bytes) -> Stamp:
    stamp = Stamp(**orjson.loads(text))
    if isinstance(stamp.mtime_ns, float) or isinstance(stamp.local_mtime_ns, float):  # it takes more than 64 bits
        return Stamp(**json.loads(text))
    return stamp
