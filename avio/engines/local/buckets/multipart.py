"""Uploads one large file to S3 in parts, and ends uploads that a dead attempt left behind.

Used in intake (the sweep) and the job process, by several threads at once.
"""

import hashlib
import re
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from html import escape, unescape
from threading import Event

from avio.engines.cancel import Stopped, sleep
from avio.engines.local.buckets.bodies import FilePart
from avio.engines.local.buckets.checked_upload import send_checked
from avio.engines.local.buckets.content_types import content_type
from avio.engines.local.buckets.lanes import Lanes
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.signed_requests import Reply, SignedRequests
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.buckets.versions import normal_etag
from avio.engines.local.upload_source import UploadSource
from avio.engines.pay import wait_for_turn
from avio.engines.run import Run
from avio.engines.tally import Tally
from avio.errors import Corrupt, EngineAway, StoreError

BEGIN_LIMIT_SECONDS = 10
PARTS_AT_A_TIME = 8  # of one file: each is a connection, and is read from the file while it is sent
PART_PAUSES_SECONDS = (0.2, 1.0, 5.0, 15.0, 30.0)  # between the tries of a part

_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_ETAG = re.compile(rb"<ETag>([^<]+)</ETag>")


class MultipartUpload:
    """One upload to `key`, called `name` in errors. It is begun at once; `upload_id` is the store's name for it."""

    def __init__(self, place: S3Place, name: str, key: str, facts: StoreFacts, run: Run) -> None:
        self._facts = facts
        self._broken = broken = Event()  # a part is given up, and the others with it
        self._stopping = lambda: run.stopping() or broken.is_set()  # without self: a circle would keep connections
        self._requests = SignedRequests(place, self._stopping)
        self._name = name
        self._key = key
        begin = SignedRequests(place, limit=BEGIN_LIMIT_SECONDS)  # not to be stopped: nobody would know of the upload
        reply = begin.send(name, "POST", key, {"uploads": ""}, headers={"Content-Type": content_type(key)})
        if not reply.good:
            raise reply.error(name)
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

    def send(self, upload: UploadSource, part_bytes: int, run: Run, lanes: Lanes) -> None:
        """Send all parts from the file, PARTS_AT_A_TIME at once if `lanes` has room for them.

        Raises the first error that tries don't mend.
        """
        begins = range(0, upload.size, part_bytes)
        self._etags, self._digests = [""] * len(begins), [b""] * len(begins)
        with ThreadPoolExecutor(min(PARTS_AT_A_TIME, len(begins)), thread_name_prefix="part") as pool:
            parts = [
                pool.submit(self._send_part, number, upload, begin, min(part_bytes, upload.size - begin), run, lanes)
                for number, begin in enumerate(begins)
            ]
            ended, _ = wait(parts, return_when=FIRST_EXCEPTION)
            broken = next((error for part in ended if (error := part.exception()) is not None), None)
            if broken is not None:
                self._broken.set()
                pool.shutdown(wait=True, cancel_futures=True)  # the file is open as long as they read it
                raise broken

    def complete(self, conditions: Mapping[str, str]) -> Reply:
        """Give the object its name under `conditions`, headers of HTTP. Return the reply, also a refusal."""
        rows = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
            for number, etag in enumerate(self._etags, 1)
        )
        body = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode("latin-1")  # as they came in headers
        headers = {"Content-Type": "application/xml", **conditions}
        return self._requests.send(self._name, "POST", self._key, {"uploadId": self.upload_id}, body, headers)

    def etag_of(self, reply: Reply) -> str | None:
        """Return the ETag of the object that a good reply to `complete` names."""
        found = _ETAG.search(reply.body)
        return normal_etag(unescape(found[1].decode())) if found else None

    def _send_part(self, number: int, upload: UploadSource, begin: int, size: int, run: Run, lanes: Lanes) -> None:
        """Send one part, again alone if that fails for a reason that may pass."""
        digest = upload.md5(begin, size, run)
        query = {"partNumber": str(number + 1), "uploadId": self.upload_id}
        with lanes.part(run, self._stopping):
            if not wait_for_turn(run, size, self._stopping):
                raise Stopped
            reply = self._sent(query, digest, upload, begin, size, run)
        self._etags[number], self._digests[number] = reply.etag, digest

    def _sent(
        self, query: Mapping[str, str], md5: bytes, upload: UploadSource, begin: int, size: int, run: Run
    ) -> Reply:
        tally = Tally(run)

        def send(headers: Mapping[str, str]) -> Reply:
            tally.settle()
            body = FilePart(upload.fd, begin, size, tally.moved)
            return self._requests.send(self._name, "PUT", self._key, query, body, headers)

        pauses = iter(PART_PAUSES_SECONDS)
        while True:
            try:
                reply = send_checked(send, md5, self._facts)
                if reply.good:
                    tally.settle(size)
                    return reply
                raise reply.error(self._name)
            except (EngineAway, Corrupt):
                tally.settle()
                upload.confirm()  # a changed file has no longer the bytes of its MD5: no other try can help
                if (pause := next(pauses, None)) is None:
                    raise
                if not sleep(pause, self._stopping):
                    raise Stopped from None


def end_upload(requests: SignedRequests, name: str, key: str, upload_id: str) -> None:
    """End an upload and free its parts. Idempotent. Raises EngineError."""
    reply = requests.send(name, "DELETE", key, {"uploadId": upload_id})
    if not reply.good and reply.status != 404:
        raise reply.error(name)
