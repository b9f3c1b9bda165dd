"""Compares a copy with its object: by a digest that the store has of it, or by its bytes, which come once more.

Used in the job process, by several threads at once.
"""

import hashlib
import logging
import re

from avio.engines.cancel import check_cancelled
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.digests import Digest
from avio.engines.local.buckets.file_chunks import chunks_of
from avio.engines.local.buckets.store_calls import Head, StoreCalls
from avio.engines.local.buckets.versions import require_version
from avio.engines.pay import pay
from avio.engines.run import Run

log = logging.getLogger(__name__)

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


def has_bytes_of(calls: StoreCalls, name: str, source: Source, cached: int, run: Run, *, etags: bool) -> bool:
    """Return True if the open file `cached` has the bytes of `source`, called `name` in messages.

    Compares MD5s if its ETag is one and `etags` may be, else checksums. Without any, or if they differ, it fetches the
    object. An ETag in the form of an MD5 that the bytes do not have is a lie, unless the store encrypts the object.
    """
    known = _MD5.fullmatch(source.etag or "") if etags else None
    checksum = None if known else calls.checksum(source, needed=True)
    sums: list[Digest] = [] if checksum is None else [checksum.begin()]
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in chunks_of(cached):
        check_cancelled(run)
        for each in [digest, *sums]:
            each.update(chunk)
        run.checked(len(chunk))
    if known and known[1] == digest.hexdigest():
        return True
    if checksum is not None and sums[0].digest() == checksum.value:
        return True
    fetched = hashlib.md5(usedforsecurity=False)

    def take(chunk: memoryview | bytes) -> None:
        check_cancelled(run)
        run.moved(len(chunk))
        fetched.update(chunk)
        pay(run, len(chunk))

    may_differ = False

    def begin(head: Head) -> None:
        nonlocal may_differ
        require_version(name, head.source, head.kind, source)
        may_differ = head.may_differ

    calls.get(source.key, None, begin, take)
    if known and not may_differ and known[1] != fetched.hexdigest():
        log.warning("%s: the store sends bytes whose MD5 is not its ETag %s", name, known[1])
        return False
    return fetched.digest() == digest.digest()
