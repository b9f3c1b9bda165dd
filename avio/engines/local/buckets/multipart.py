"""Uploads one large file to S3 in parts, and ends uploads that a dead attempt left behind.

Used in intake (the sweep) and the job process, by several threads at once.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from html import unescape

from avio.engines.local.buckets.signed_requests import Reply, SignedRequests
from avio.engines.local.buckets.versions import normal_etag
from avio.errors import EngineAway, StoreError

PARTS_AT_A_TIME = 2
PART_TRIES = 3

_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_ETAG = re.compile(rb"<ETag>([^<]+)</ETag>")


class MultipartUpload:
    """One upload to `key`, called `name` in errors. It is begun at once; `upload_id` is the store's name for it."""

    def __init__(self, requests: SignedRequests, name: str, key: str) -> None:
        self._requests = requests
        self._name = name
        self._key = key
        reply = self._send("POST", {"uploads": ""})
        found = _UPLOAD_ID.search(reply.body)
        if found is None:
            raise StoreError(f"{name}: the store began an upload without an id")
        self.upload_id = unescape(found[1].decode())
        self._etags: list[str] = []
        self._digests: list[bytes] = []

    @property
    def etag(self) -> str:
        """The ETag that S3 gives an object of these parts."""
        return f'"{hashlib.md5(b"".join(self._digests), usedforsecurity=False).hexdigest()}-{len(self._digests)}"'

    def send(self, parts: Iterator[bytes]) -> None:
        """Send all parts, PARTS_AT_A_TIME at once. Raises the first error."""
        with ThreadPoolExecutor(PARTS_AT_A_TIME) as pool:
            under_way: list[Future[str]] = []
            try:
                for number, part in enumerate(parts, 1):
                    if len(under_way) == PARTS_AT_A_TIME:
                        self._etags.append(under_way.pop(0).result())
                    digest = hashlib.md5(part, usedforsecurity=False).digest()
                    self._digests.append(digest)
                    under_way.append(pool.submit(self._send_part, number, part, digest))
                self._etags += [future.result() for future in under_way]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def complete(self, conditions: Mapping[str, str]) -> Reply:
        """Give the object its name under `conditions`, headers of HTTP. Return the reply, also a refusal."""
        rows = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            for number, etag in enumerate(self._etags, 1)
        )
        body = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()
        headers = {"Content-Type": "application/xml", **conditions}
        return self._requests.send(self._name, "POST", self._key, {"uploadId": self.upload_id}, body, headers)

    def etag_of(self, reply: Reply) -> str | None:
        """Return the ETag of the object that a good reply to `complete` names."""
        found = _ETAG.search(reply.body)
        return normal_etag(unescape(found[1].decode())) if found else None

    def _send_part(self, number: int, part: bytes, digest: bytes) -> str:
        query = {"partNumber": str(number), "uploadId": self.upload_id}
        headers = {"Content-MD5": base64.b64encode(digest).decode()}
        for left in reversed(range(PART_TRIES)):
            with suppress(*(() if not left else (EngineAway,))):
                return self._send("PUT", query, part, headers).etag
        raise AssertionError("the last try returns or raises")

    def _send(
        self, method: str, query: Mapping[str, str], body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        reply = self._requests.send(self._name, method, self._key, query, body, headers)
        if not reply.good:
            raise reply.error(self._name)
        return reply


def end_upload(requests: SignedRequests, name: str, key: str, upload_id: str) -> None:
    """End an upload and free its parts. Idempotent. Raises EngineError."""
    reply = requests.send(name, "DELETE", key, {"uploadId": upload_id})
    if not reply.good and reply.status != 404:
        raise reply.error(name)
