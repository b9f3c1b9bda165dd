"""Finds the bucket of a path: the mount with the longest path above it.

Used in web and the job process. Opens no connection.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from avio.engines.base import Entry
from avio.engines.local.buckets.base import Bucket, NoBucket
from avio.engines.local.buckets.files import FilesBucket
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.engines.local.buckets.options import check_options, without_socks
from avio.engines.local.buckets.s3_place import place_of
from avio.engines.local.buckets.stores import StoreOpener
from avio.engines.local.root import HIDDEN, Root
from avio.engines.local.stamps import ObjectName
from avio.engines.local.upload_journal import Note
from avio.errors import EngineAway, EngineError, NoMount, PathNotFound
from avio.terminal.cells import printable
from avio.wire.paths import is_under

T = TypeVar("T")

log = logging.getLogger(__name__)

_SEPARATORS = {"bytes": "/", "names": "\0"}
_ETAGS = {"md5": True, "opaque": False}


@dataclass(slots=True)
class Mount:
    """A path and its bucket. `nested` are the mounts directly below it, in the order of its keys.

    `prefix` is the part of a path before the key: `/data/`, or `/`.
    """

    path: str
    bucket: Bucket
    nested: list["Mount"] = field(default_factory=list)
    prefix: str = field(init=False)
    real: bool = field(init=False)  # the settings name it; the root above the mounts is not a real mount

    def __post_init__(self) -> None:
        """Derive prefix and `real`."""
        self.prefix = self.path.rstrip("/") + "/"
        self.real = not isinstance(self.bucket, NoBucket)

    def key(self, path: str) -> str:
        """Return the key of `path`; "" for the mount's own path."""
        return path[len(self.prefix) :]

    def object_name(self, path: str) -> ObjectName:
        """Return the name of the object of `path`. Stamps hold it."""
        return ObjectName(f"{self.bucket.url}/{path[len(self.prefix) :]}", self.bucket.store)


class Mounts:
    """All mounts. The root is always one of them, with an empty bucket if the settings mount none there."""

    def __init__(self, buckets: Mapping[str, Bucket]) -> None:
        self._all = [Mount(path, bucket) for path, bucket in {"/": NoBucket(), **buckets}.items()]
        self._all.sort(key=lambda mount: len(mount.path), reverse=True)
        for place, mount in enumerate(self._all[:-1]):
            above = next(other for other in self._all[place + 1 :] if is_under(mount.path, other.path))
            above.nested.append(mount)
        for mount in self._all:
            mount.nested.sort(key=_in_order_of(mount))
        self._facts = [mount.bucket.facts for mount in self if mount.bucket.facts is not None]

    def __iter__(self) -> Iterator[Mount]:
        """Iterate over the mounts of the settings."""
        return (mount for mount in self._all if mount.real)

    def find(self, path: str) -> Mount:
        """Return the mount of `path`. Raise PathNotFound if there is none."""
        for mount in self._all:  # the last is the root, which is above every path
            if path.startswith(mount.prefix) or path == mount.path:
                break
        if "/." in path:  # seldom
            if "/../" in f"{path}/":
                raise PathNotFound(f"{path} is not a canonical path", cure="write the full path, without ..")
            if mount.key(path).split("/", 1)[0] == HIDDEN:
                raise PathNotFound(f"{path} has avio's own temporary files", cure="choose another path")
        if not mount.real and not any(is_under(each.path, path) for each in mount.nested):
            raise NoMount(path)
        return mount

    def covers(self, path: str) -> bool:
        """Return True if `find` finds a mount."""
        try:
            self.find(path)
        except PathNotFound:
            return False
        return True

    def remarks(self) -> list[str]:
        """Return what the stores can't do, as far as saves of this process have met it."""
        return [remark for facts in self._facts for remark in facts.remarks]

    def answers(self, entry: Entry) -> bool:
        """Return True if the bucket of `entry` answers a question, whatever it says."""
        mount = self.find(entry.path)
        questions: tuple[Callable[[], object], ...] = (
            partial(mount.bucket.head, mount.key(entry.path)),
            mount.bucket.ping,
        )
        for ask in questions:
            try:
                ask()
            except EngineAway:
                continue
            except EngineError:
                return True
            return True
        return False

    def end_upload(self, note: Note) -> None:
        """End an upload in parts that a dead attempt began. A mount that is gone has no key for that."""
        for mount in self:
            if mount.path == note.mount:
                mount.bucket.end_upload(note.key, note.upload_id)
                return
        log.warning("an upload of %s stays in a bucket that is no longer mounted", printable(note.key))

    def roots(self) -> Iterator[Root]:
        """Iterate over the directories of the temporary files of uploads."""
        return (mount.bucket.root for mount in self if mount.bucket.root is not None)


def _in_order_of(mount: Mount) -> Callable[[Mount], str]:
    return lambda nested: (nested.path + "/").replace("/", mount.bucket.separator)


class BadMounts(ValueError):
    """Mounts that can't be opened. `problems` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def open_mounts(settings: Mapping[str, Mapping[str, Any]], copy_mode: int | None = None) -> Mounts:
    """Return the mounts of `settings` (path to url and options). Raise BadMounts with all wrong ones.

    `copy_mode` is the mode of all copies, if the settings give one.
    """
    buckets, problems = {}, []
    for path, mount in settings.items():
        try:
            buckets[path] = _bucket(path, mount["url"], dict(mount.get("options") or {}))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise BadMounts(problems)
    for bucket in buckets.values():
        bucket.asked_mode = copy_mode
    return Mounts(buckets)


def _bucket(path: str, url: str, options: dict[str, str]) -> Bucket:
    separator = _chosen(path, options, "key_order", _SEPARATORS, "a key order; use bytes or names")
    parts = urlsplit(url)
    if parts.scheme != "file":
        etags = _chosen(path, options, "etag", _ETAGS, "a kind of ETag; use md5 or opaque")
        try:
            check_options(options, socks=place_of(url, options) is not None)
        except ValueError as error:
            raise ValueError(f"mounts.{path}.options.{error}") from None
        try:
            StoreOpener(url, without_socks(options)).check()
        except ValueError as error:
            raise ValueError(f"mounts.{path}: {error}") from None
        return ObjectsBucket(url, options, separator, etags=etags)
    if options:
        raise ValueError(
            f"mounts.{path}.options: a file:// bucket has no option {', '.join(sorted(options))}; remove it"
        )
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError(f"mounts.{path}.url: it names a host; write file:///dir with three slashes")
    return FilesBucket(unquote(parts.path).rstrip("/") or "/", separator, path)


def _chosen(path: str, options: dict[str, str], name: str, choices: Mapping[str, T], what: str) -> T:
    """Take the option `name` out of `options`. Return what its value means; the first of `choices` is the default."""
    value = options.pop(name, next(iter(choices)))
    if value not in choices:
        raise ValueError(f"mounts.{path}.options.{name}: {value!r} is not {what}")
    return choices[value]
