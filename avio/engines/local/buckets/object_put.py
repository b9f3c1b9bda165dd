"""Puts one cached file into an object store: complete or not at all, and never over an object that is not expected.

Used in the job process, by several threads at once.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import obstore
from obstore.store import ObjectStore

from avio.engines.cancel import check_cancelled
from avio.engines.durations import COMPLETE_SECONDS
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.content_types import content_type
from avio.engines.local.buckets.etags import etag_of, may_be_sent
from avio.engines.local.buckets.lanes import Lanes
from avio.engines.local.buckets.multipart import MultipartUpload, end_upload
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.signed_requests import Reply, SignedRequests
from avio.engines.local.buckets.store_calls import Condition, ConditionFailed, NoConditions, StoreCalls
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.buckets.versions import same_version
from avio.engines.local.errors import conflict, store_errors
from avio.engines.local.upload_source import UploadSource
from avio.engines.run import Run
from avio.errors import EngineAway, EngineError

PART_BYTES = 8 << 20  # bytes of one part of an upload; smaller files go in one PUT
MAX_PARTS = 9000  # S3 allows 10,000
REFUSALS = 3  # of a conditional PUT of an object that is as expected; then the store can't compare
END_LIMIT_SECONDS = 10  # to end an upload in the store

# Conditions that are false for an object that was just put.
ABSENT: Condition = {"If-None-Match": "*"}
OTHER: Condition = {"If-Match": f'"{"0" * 32}"'}

_NO_CONDITIONS = 501
_REFUSED = (409, 412)


def part_bytes(size: int) -> int:
    """Return how many bytes a part has in an upload of `size` bytes."""
    return max(PART_BYTES, size // MAX_PARTS + 1)


class ObjectPut:
    """One upload to `key`, called `name` in errors. `expected` is the object to replace, None: there is none."""

    def __init__(
        self,
        calls: StoreCalls,
        name: str,
        key: str,
        facts: StoreFacts,
        head: Callable[[str], Source | None],
        expected: Source | None,
        *,
        overwrite: bool,
    ) -> None:
        self._calls = calls
        self._name = name
        self._key = key
        self._facts = facts
        self._head = head
        self._expected = expected
        self._overwrite = overwrite

    def small(self, content: bytes) -> str | None:
        """Upload by one PUT. Return the ETag. Raises NotSaved."""
        digest = etag_of(content)
        if self._overwrite:
            return self._calls.put(self._key, content, {})
        for _ in range(REFUSALS):
            condition = self._condition()
            if not condition:
                break
            try:
                return self._calls.put(self._key, content, condition)
            except ConditionFailed:
                if self._is_ours(digest):  # an answer was lost: the next try finds its own object
                    return digest
                self._look()  # an object that came and went; or the store can't compare its own ETag
            except NoConditions:
                self._facts.give_up_conditions()
        else:
            if self._expected is None:
                raise conflict(self._name)
        self._look()
        etag = self._calls.put(self._key, content, {})
        self._look_again(etag or digest)
        return etag

    def in_parts_of(self, store: ObjectStore, upload: UploadSource, run: Run) -> str | None:
        """Upload in parts that obstore sends. Return the ETag."""
        self._look()
        options: dict[str, Any] = {"use_multipart": True, "chunk_size": part_bytes(upload.size), "max_concurrency": 2}
        options["attributes"] = {"Content-Type": content_type(self._key)}
        with store_errors(self._name), ExitStack() as ending:
            chunks = self._then_look(upload.chunks(run), ending, run)
            return obstore.put(store, self._key, chunks, **options)["e_tag"]

    def in_parts(self, place: S3Place, upload: UploadSource, run: Run, lanes: Lanes) -> str | None:
        """Upload in parts, and look at the object again right before it gets its name. Return the ETag."""
        self._look()
        multipart = MultipartUpload(place, self._name, self._key, self._facts, run)
        with upload.journal.noted(self._key, multipart.upload_id) as note:
            try:
                multipart.send(upload, part_bytes(upload.size), run, lanes)
                upload.confirm()
                check_cancelled(run)
                self._look()
                with run.silent(COMPLETE_SECONDS):
                    return self._complete(multipart)
            except BaseException:
                with suppress(EngineError):
                    note.keep()
                    end_upload(
                        SignedRequests(place, limit=END_LIMIT_SECONDS), self._name, self._key, multipart.upload_id
                    )
                    note.drop()
                raise

    def _complete(self, multipart: MultipartUpload) -> str | None:
        conditions = self._headers()
        try:
            reply = multipart.complete(conditions)
            if conditions and reply.status == _NO_CONDITIONS:
                self._facts.give_up_conditions()
                self._look()
                reply = multipart.complete({})
        except EngineAway:
            if self._is_ours(multipart.etag):
                return multipart.etag
            raise
        if reply.good:
            return multipart.etag_of(reply) or multipart.etag
        return self._refused(multipart, reply)

    def _refused(self, multipart: MultipartUpload, reply: Reply) -> str | None:
        if self._is_ours(multipart.etag):  # an answer was lost
            return multipart.etag
        if reply.status in _REFUSED and not reply.is_race and not self._overwrite:
            raise conflict(self._name)
        raise reply.error(self._name)

    def _headers(self) -> dict[str, str]:
        return {} if self._overwrite else self._condition()

    def _condition(self) -> dict[str, str]:
        """Return the condition of a PUT; none if store or object allow none."""
        if not self._facts.conditions:
            return {}
        if self._expected is None:
            return {"If-None-Match": "*"}
        etag = self._expected.etag
        return {"If-Match": etag} if etag and may_be_sent(etag) else {}

    def obeys(self, content: bytes, false: Condition) -> bool | None:
        """Return True if the store refuses a `false` condition, for the object that was just seen. None: unknown.

        A store that ignores it puts the same bytes again.
        """
        try:
            self._calls.put(self._key, content, false)
        except ConditionFailed:
            return True
        except NoConditions:
            return False
        except EngineError:
            return None
        return False

    def _is_ours(self, etag: str) -> bool:
        now = self._head(self._key)
        return now is not None and now.etag == etag

    def _look(self) -> None:
        """Raise NotSaved unless the object is still the expected one."""
        if self._overwrite:
            return
        now, expected = self._head(self._key), self._expected
        if not (now is None if expected is None else now is not None and same_version(now, expected)):
            raise conflict(self._name)

    def _look_again(self, etag: str) -> None:
        now = self._head(self._key)
        if now is None or (now.etag is not None and now.etag != etag):
            raise conflict(self._name)

    def _then_look(self, chunks: Iterator[bytes], ending: ExitStack, run: Run) -> Iterator[bytes]:
        """Yield `chunks`. The store then puts the parts together, which shows no progress until `ending` ends.

        obstore takes no call while it waits for a chunk, unless it comes from another thread.
        """
        yield from chunks
        with ThreadPoolExecutor(1) as pool:
            pool.submit(self._look).result()
        ending.enter_context(run.silent(COMPLETE_SECONDS))
