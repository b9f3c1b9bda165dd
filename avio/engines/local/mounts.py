"""Which bucket answers for a path: the mount with the longest path above it.

Used in web and the job process. Opens nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from avio.engines.local.buckets.base import Bucket, NoBucket
from avio.engines.local.buckets.files import FilesBucket
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.engines.local.buckets.opening import StoreOpener
from avio.engines.local.root import HIDDEN, Root
from avio.errors import PathNotFound
from avio.wire.paths import is_under

_SEPARATORS = {"bytes": "/", "names": "\0"}


@dataclass(slots=True)
class Mount:
    """A path and its bucket. `nested` are the mounts right below it, in the order of its keys.

    `prefix` is what comes before a key in a path: `/data/`, or `/`.
    """

    path: str
    bucket: Bucket
    nested: list["Mount"] = field(default_factory=list)
    prefix: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive the prefix."""
        self.prefix = self.path.rstrip("/") + "/"

    @property
    def real(self) -> bool:
        """Tell whether the settings name it: the bare root above the mounts is no real one."""
        return not isinstance(self.bucket, NoBucket)

    def key(self, path: str) -> str:
        """Return the key of `path`; "" for the mount's own path."""
        return path[len(self.prefix) :]


class Mounts:
    """All mounts; the root is always among them, with no bucket where the settings mount none there."""

    def __init__(self, buckets: Mapping[str, Bucket]) -> None:
        self._all = [Mount(path, bucket) for path, bucket in {"/": NoBucket(), **buckets}.items()]
        self._all.sort(key=lambda mount: len(mount.path), reverse=True)
        for place, mount in enumerate(self._all[:-1]):
            above = next(other for other in self._all[place + 1 :] if is_under(mount.path, other.path))
            above.nested.append(mount)
        for mount in self._all:
            mount.nested.sort(key=_in_order_of(mount))

    def __iter__(self) -> Iterator[Mount]:
        """Iterate over the mounts of the settings."""
        return (mount for mount in self._all if mount.real)

    def find(self, path: str) -> Mount:
        """Return the mount that answers for `path`; PathNotFound where none does."""
        for mount in self._all:  # the last is the root, which is above every path
            if is_under(path, mount.path):
                break
        if "/../" in f"{path}/":
            raise PathNotFound(f"{path} is no canonical path", cure="write the path out, without ..")
        if mount.key(path).split("/", 1)[0] == HIDDEN:
            raise PathNotFound(f"{path} holds avio's own temporaries", cure="choose another path")
        if not mount.real and not any(is_under(each.path, path) for each in mount.nested):
            raise PathNotFound(f"{path} is covered by no mount", cure="ask the admin which paths are mounted")
        return mount

    def roots(self) -> Iterator[Root]:
        """Iterate over the directories in which uploads keep their temporaries."""
        return (mount.bucket.root for mount in self if mount.bucket.root is not None)


def _in_order_of(mount: Mount) -> Callable[[Mount], str]:
    return lambda nested: (nested.path + "/").replace("/", mount.bucket.separator)


def open_mounts(settings: Mapping[str, Mapping[str, Any]]) -> Mounts:
    """Return the mounts of `settings` (path to url and options); ValueError names the one that is wrong."""
    return Mounts(
        {path: _bucket(path, mount["url"], dict(mount.get("options") or {})) for path, mount in settings.items()}
    )


def _bucket(path: str, url: str, options: dict[str, str]) -> Bucket:
    order = options.pop("key_order", "bytes")
    if order not in _SEPARATORS:
        raise ValueError(f"mounts.{path}.options.key_order: {order!r} is no order; give bytes or names")
    parts = urlsplit(url)
    if parts.scheme != "file":
        try:
            StoreOpener(url, options).check()
        except ValueError as error:
            raise ValueError(f"mounts.{path}: {error}") from None
        return ObjectsBucket(url, options, _SEPARATORS[order])
    if options:
        raise ValueError(
            f"mounts.{path}.options: a file:// bucket has no option {', '.join(sorted(options))}; take it out"
        )
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError(f"mounts.{path}.url: {url!r} names a host; write file:///dir with three slashes")
    return FilesBucket(unquote(parts.path).rstrip("/") or "/", _SEPARATORS[order])
