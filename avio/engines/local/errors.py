"""Turns errors of obstore and of the operating system into errors of avio, by their meaning for the job.

Used in web and the job process, for buckets and tiers.
"""

import errno
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from avio.engines.local import sticky
from avio.engines.local.store_codes import BY_CODE
from avio.engines.local.store_errors import (
    NO_CONNECTION,
    NO_HOST,
    NO_TLS,
    NOT_TRUSTED,
    TOO_LATE,
    Refusal,
    no_answer,
    refusal,
    refused_by,
    unreachable,
)
from avio.errors import (
    AccessDenied,
    CacheFull,
    EngineAway,
    EngineError,
    Gone,
    NodeFault,
    NotSaved,
    Scope,
    StoreError,
)
from avio.plain_file import NO_RESOURCES
from avio.wire.options import Ability

E = TypeVar("E", bound=Exception)

_OF_STORE: tuple[type[BaseError | FileNotFoundError], ...] = (BaseError, FileNotFoundError)
_QUERY = re.compile(r"\?\S+")  # may hold a signature
# What obstore puts around a cause: its own tries, which tell a user nothing.
_WRAPPING = re.compile(r"^Generic [\w ]+ error: |Error performing \w+ .*?, after \d+ retries, .*? - (?:HTTP error: )?")
_REDIRECT = "Received redirect without LOCATION"
# What the debug text of obstore's HTTP client says when no reply came, with the same cause in libcurl's numbers.
_NO_REPLY = (
    ("dns error", NO_HOST),
    ("ConnectionRefused", NO_CONNECTION),
    ("UnknownIssuer", NOT_TRUSTED),
    ("CertNotValidForName", NOT_TRUSTED),
    ("InvalidCertificate", NOT_TRUSTED),
    ("InvalidContentType", NO_TLS),
    ("TimedOut", TOO_LATE),
)
_PANIC_CURE = "check url and options of the mount; if they are right, this is a fault of avio or of obstore"
_DISK_FAULTS = {errno.EIO, errno.EROFS, errno.ENODEV, errno.ENXIO, errno.EUCLEAN}
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Replaced(Gone):
    """Another machine removed or replaced the file while it was open. Another try sees what is at its path now."""

    scope = Scope.RETRY


class _Raising(Generic[E]):
    """Raises the result of `translate` for an error in the block. A class costs a third of a generator."""

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
        """Raise the translated error."""
        if error is not None and isinstance(error, self._caught):
            raise self._translate(error, self._what) from None
        if error is not None and is_panic(error):
            raise StoreError(f"{self._what}: the library of the store failed: {error}", cure=_PANIC_CURE) from None


def is_panic(error: BaseException) -> bool:
    """Return True if a library in Rust has crashed. That is no Exception, and would end the process."""
    return type(error).__name__ == "PanicException"


def store_errors(what: str) -> AbstractContextManager[None]:
    """Translate errors of obstore. `what` names the object. Errors of a disk pass."""
    return _Raising(_OF_STORE, of_store, what)


def bucket_disk_errors(what: str) -> AbstractContextManager[None]:
    """Translate errors of the disk of a `file://` bucket. `what` names the file."""
    return _Raising(OSError, of_bucket_disk, what)


def tier_errors(what: str) -> AbstractContextManager[None]:
    """Translate errors of the disk of a tier. `what` names the tier and the file."""
    return _Raising(OSError, of_tier_disk, what)


def not_writable(alias: str, path: str, error: OSError) -> StoreError:
    """Return the error of a file that alone can't be written to a tier: of another user's directory, immutable ..."""
    cure = "give the user of avio write access to the file and its directory in the tier"
    text = f"tier {alias}: {path}: {error.strerror or error}"
    return StoreError(text, cure=sticky.CURE if isinstance(error, sticky.Sticky) else cure)


def conflict(what: str) -> NotSaved:
    """Return the error of a save over a source that changed; `what` names it."""
    return NotSaved(
        f"{what} changed since the cached file was taken from it",
        cure=f"compare both; save with {Ability.OVERWRITE} to keep the cached file",
    )


def two_unsaved(path: str, directory: str, other: str) -> NotSaved:
    """Return the error of a save of a path with different unsaved copies below two tiers' directories."""
    return NotSaved(
        f"{path} has two different unsaved copies, in {directory} and in {other}",
        cure="compare both, remove one of them, then save again",
    )


def of_store(error: BaseError | FileNotFoundError, what: str) -> EngineError:
    """Return the error of avio for an error of obstore."""
    text = str(error)
    said = refused_by(text.partition("\n\nDebug source")[0])
    if isinstance(error, FileNotFoundError) and (said is None or said.code not in BY_CODE):
        return Gone(f"{what} is not in the bucket any longer")
    if said is not None:
        return refusal(what, said)
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return AccessDenied(f"{what}: the store refuses the key of this mount")
    if _REDIRECT in text:
        return refusal(what, Refusal(301, "", ""))
    for sign, code in _NO_REPLY:
        if sign in text:
            return unreachable(what, code, sign)
    reason = _QUERY.sub("", _WRAPPING.sub("", text.partition("\n")[0]))[:300]
    return EngineAway(f"{what}: {reason}")


def of_bucket_disk(error: OSError, what: str) -> EngineError:
    """Return the error of avio for an OSError of a `file://` bucket."""
    found = _of_bucket_disk(error, what)
    found.public = "; ".join(filter(None, (error.strerror, found.cure)))
    return found


def _of_bucket_disk(error: OSError, what: str) -> EngineError:
    text = f"{what}: {error.strerror or error}"
    if error.errno in NO_RESOURCES:
        return no_answer(what, error)
    if error.errno == errno.ESTALE:
        return _replaced(what)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Gone(f"{what} is not in the bucket any longer")
    if isinstance(error, sticky.Sticky):
        return AccessDenied(text, cure=sticky.CURE)
    if isinstance(error, PermissionError):
        return AccessDenied(text, cure="give the user of avio access to it")
    if error.errno in _DISK_FAULTS:
        return EngineAway(text)
    return StoreError(text)


def of_tier_disk(error: OSError, what: str) -> EngineError:
    """Return the error of avio for an OSError of a tier."""
    text = f"{what}: {error.strerror or error}"
    if error.errno in NO_RESOURCES:
        return no_answer(what, error)
    if error.errno == errno.ESTALE:
        return _replaced(what)
    if error.errno in _DISK_FULL:
        return CacheFull(text)
    if error.errno in _DISK_FAULTS:
        return NodeFault(text, cure="check the disk of the tier")
    if isinstance(error, sticky.Sticky):  # of this file alone
        return StoreError(text, cure=sticky.CURE)
    if isinstance(error, PermissionError):
        return NodeFault(text, cure="give the user of avio write access to the tier")
    if isinstance(error, FileNotFoundError):
        return Gone(f"{what} is not in the cache any longer")
    return StoreError(text, cure="check the path in the tier: it must be a plain file in plain directories")


def _replaced(what: str) -> Replaced:
    """Return the error of ESTALE, of one file on NFS. `Root` makes ENODEV of a stale root."""
    return Replaced(f"{what}: another machine removed or replaced it while it was in use")
