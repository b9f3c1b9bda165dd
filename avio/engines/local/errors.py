"""Turns what obstore and the operating system raise into the errors of avio, by what they mean for the work.

Used in web and the job process, at the two edges of the engine: the bucket and the tier.
"""

import errno
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from avio.errors import AccessDenied, CacheFull, EngineAway, EngineError, Gone, NodeFault, StoreError

E = TypeVar("E", bound=Exception)

_OF_STORE: tuple[type[BaseError | FileNotFoundError], ...] = (BaseError, FileNotFoundError)
_STATUS = re.compile(r"status code: (\d{3})")
_QUERY = re.compile(r"\?\S+")  # may hold a signature
_DISK_FAULTS = {errno.EIO, errno.EROFS, errno.ENODEV, errno.ENXIO, errno.EUCLEAN, errno.ESTALE}
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class _Raising(Generic[E]):
    """Raises what `translate` makes of an error that ends the block; a class costs a third of a generator."""

    __slots__ = ("_caught", "_translate", "_what")

    def __init__(
        self, caught: type[E] | tuple[type[E], ...], translate: Callable[[E, str], EngineError], what: str
    ) -> None:
        self._caught = caught
        self._translate = translate
        self._what = what

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise our error for one of those that are caught."""
        if error is not None and isinstance(error, self._caught):
            raise self._translate(error, self._what) from None


def store_errors(what: str) -> AbstractContextManager[None]:
    """Raise what obstore raised as one of our errors; `what` names the object. Errors of a disk pass."""
    return _Raising(_OF_STORE, of_store, what)


def bucket_disk_errors(what: str) -> AbstractContextManager[None]:
    """Raise what the disk under a `file://` bucket raised as one of our errors; `what` names the file."""
    return _Raising(OSError, of_bucket_disk, what)


def tier_errors(what: str) -> AbstractContextManager[None]:
    """Raise what the disk under a tier raised as one of our errors; `what` names the tier and the file."""
    return _Raising(OSError, of_tier_disk, what)


def of_store(error: BaseError | FileNotFoundError, what: str) -> EngineError:
    """Return the error of ours for one of obstore's."""
    if isinstance(error, FileNotFoundError):
        return Gone(f"{what} is not in the bucket any longer")
    text = str(error)
    status = _STATUS.search(text)
    code = int(status[1]) if status else 0
    reason = _QUERY.sub("", text.partition("\n")[0])[:300]
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or code in (401, 403):
        return AccessDenied(f"{what}: the store refuses the key of this mount")
    if "NoSuchBucket" in text:
        return EngineAway(f"{what}: there is no such bucket", cure="create the bucket, or correct the url of the mount")
    if code == 404:
        return Gone(f"{what} is not in the bucket any longer")
    if code == 0 or code == 429 or code >= 500:
        return EngineAway(f"{what}: {reason}")
    return StoreError(f"{what}: {reason}")


def of_bucket_disk(error: OSError, what: str) -> EngineError:
    """Return the error of ours for an OSError under a `file://` bucket."""
    text = f"{what}: {error.strerror or error}"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Gone(f"{what} is not in the bucket any longer")
    if isinstance(error, PermissionError):
        return AccessDenied(text, cure="give the user that avio runs as the right to it")
    if error.errno in _DISK_FAULTS:
        return EngineAway(text)
    return StoreError(text)


def of_tier_disk(error: OSError, what: str) -> EngineError:
    """Return the error of ours for an OSError under a tier."""
    text = f"{what}: {error.strerror or error}"
    if error.errno in _DISK_FULL:
        return CacheFull(text)
    if error.errno in _DISK_FAULTS:
        return NodeFault(text, cure="check the disk of the tier")
    if isinstance(error, PermissionError):
        return NodeFault(text, cure="give the user that avio runs as the right to write to the tier")
    if isinstance(error, FileNotFoundError):
        return Gone(f"{what} is not in the cache any longer")
    return StoreError(text, cure="look at the path in the tier: it should be a plain file in plain directories")
