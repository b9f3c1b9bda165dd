"""An S3 server in memory that lies on request: for what no honest store does in a test. Checks no signature."""

import base64
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Store:
    """Objects, pending uploads and requests. `lie(method, key, reply)` may give another reply, or None for silence."""

    port: int = 0
    objects: dict[str, tuple[bytes, str, float]] = field(default_factory=dict)
    uploads: dict[str, tuple[str, dict[int, bytes]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)  # the content type of each PUT or begun upload, by key
    connections: int = 0
    obeys: bool = True  # False: takes If-Match and If-None-Match, and ignores them
    obeys_match: bool = True  # False: ignores If-Match alone
    conditions: bool = True  # False: 501 for If-Match and If-None-Match
    checksums: dict[str, dict[str, str]] = field(default_factory=dict)  # by key, for those who ask: headers
    knows_asking: bool = True  # False: 400 for whoever asks for checksums, as Backblaze B2
    asked: list[str] = field(default_factory=list)  # the requests that asked for checksums
    takes_md5: bool = True  # False: 400 for an upload with a Content-MD5
    damage: Callable[[str, bytes], bytes] = lambda key, body: body  # what the line makes of an upload
    slow: int = 0  # bytes a second of every body
    lie: Callable[[str, str, Reply], Reply] = lambda method, key, reply: reply
    before: Callable[[str, str], Reply | None] = lambda method, key: None  # a reply that keeps the request from acting

    @property
    def options(self) -> dict[str, str]:
        """The options of a mount on it."""
        keys = {"region": "us-east-1", "access_key_id": "a", "secret_access_key": "b", "allow_http": "true"}
        return {"endpoint": f"http://127.0.0.1:{self.port}", **keys}

    def put(self, key: str, body: bytes, etag: str | None = None) -> str:
        """Store an object; return its ETag."""
        etag = f'"{hashlib.md5(body).hexdigest()}"' if etag is None else etag
        self.objects[key] = (body, etag, time.time())
        return etag

    def count(self, method: str) -> int:
        """Return how many requests of a method came."""
        return sum(line.startswith(method + " ") for line in self.requests)

    def answer(self, method: str, key: str, query: dict[str, str], headers: Any, body: bytes) -> Reply:
        """Return the honest reply."""
        if method == "PUT" and (refused := self._other_bytes(headers, body := self.damage(key, body))) is not None:
            return refused
        if method in ("PUT", "POST") and "uploadId" not in query:
            self.types[key] = headers.get("Content-Type", "")
        if not key or "uploads" in query or "uploadId" in query:
            return (
                self._listing(query.get("prefix", ""))
                if method == "GET"
                else self._multipart(method, key, query, headers, body)
            )
        if method == "PUT":
            return self._refusal(key, headers) or (200, {"ETag": self.put(key, body)}, b"")
        if key not in self.objects:
            return error(404, "NoSuchKey")
        asks = headers.get("x-amz-checksum-mode") == "ENABLED"
        if asks:
            self.asked.append(f"{method} {key}")
        if asks and not self.knows_asking:
            return error(400, "InvalidArgument", "Unsupported header 'x-amz-checksum-mode' received for this API call.")
        content, etag, modified = self.objects[key]
        known = {
            "ETag": etag,
            "Last-Modified": formatdate(modified, usegmt=True),
            "Content-Type": "binary/octet-stream",
        }
        given = re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("Range", ""))
        if method == "HEAD" or not given:
            sums = self.checksums.get(key, {}) if asks else {}
            return 200, {**known, **sums, "Content-Length": str(len(content))}, content
        start, end = int(given[1]), min(int(given[2]) + 1, len(content))
        part = content[start:end]
        return (
            206,
            {**known, "Content-Range": f"bytes {start}-{end - 1}/{len(content)}", "Content-Length": str(len(part))},
            part,
        )

    def _other_bytes(self, headers: Any, body: bytes) -> Reply | None:
        told = headers.get("Content-MD5")
        if told and not self.takes_md5:
            return error(400, "InvalidArgument", "Unsupported header 'Content-MD5' received for this API call.")
        if told and told != base64.b64encode(hashlib.md5(body).digest()).decode():
            return error(400, "BadDigest")
        return None

    def _refusal(self, key: str, headers: Any) -> Reply | None:
        match, none = headers.get("If-Match"), headers.get("If-None-Match")
        if (match or none) and not self.conditions:
            return error(501, "NotImplemented")
        if not self.obeys:
            return None
        there = self.objects[key][1] if key in self.objects else None
        if (none and there) or (match and match != there and self.obeys_match):
            return error(412, "PreconditionFailed")
        return None

    def _multipart(self, method: str, key: str, query: dict[str, str], headers: Any, body: bytes) -> Reply:
        name = query.get("uploadId", "")
        if method == "POST" and not name:
            name = f"upload-{len(self.requests)}"
            self.uploads[name] = (key, {})
            return xml(f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>")
        if name not in self.uploads:
            return error(404, "NoSuchUpload")
        if method == "DELETE":
            del self.uploads[name]
            return 204, {}, b""
        if method == "PUT":
            self.uploads[name][1][int(query["partNumber"])] = body
            return 200, {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}, b""
        refusal = self._refusal(key, headers)
        if refusal is not None:
            return refusal
        parts = [part for _, part in sorted(self.uploads.pop(name)[1].items())]
        whole = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
        etag = self.put(key, b"".join(parts), f'"{whole}-{len(parts)}"')
        return xml(f"<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>")

    def _listing(self, prefix: str) -> Reply:
        rows = [
            f"<Contents><Key>{key}</Key><LastModified>{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(modified))}"
            f".123Z</LastModified><ETag>{etag}</ETag><Size>{len(body)}</Size></Contents>"
            for key, (body, etag, modified) in sorted(self.objects.items())
            if key.startswith(prefix)
        ]
        head = (
            f"<Name>b</Name><Prefix>{prefix}</Prefix><KeyCount>{len(rows)}</KeyCount><IsTruncated>false</IsTruncated>"
        )
        return xml(f"<ListBucketResult>{head}{''.join(rows)}</ListBucketResult>")


def xml(text: str, status: int = 200) -> Reply:
    """Return a reply of S3."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()
    return status, {"Content-Type": "application/xml"}, body


def error(status: int, code: str, message: str = "no") -> Reply:
    """Return an error of S3."""
    return xml(f"<Error><Code>{code}</Code><Message>{message}</Message></Error>", status)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its headers
    store: Store

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        self.store.connections += 1

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        key = unquote(parts.path.removeprefix("/b").removeprefix("/"))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.store.requests.append(f"{self.command} {key} {parts.query}")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        reply = self.store.before(self.command, key) or self.store.answer(self.command, key, query, self.headers, body)
        status, headers, content = self.store.lie(self.command, key, reply)
        self.send_response(status)
        for name, text in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command == "HEAD":
            return
        step = max(1, self.store.slow // 20) if self.store.slow and key else len(content) or 1
        for place in range(0, len(content), step):
            self.wfile.write(content[place : place + step])
            if step < len(content):
                time.sleep(0.05)
        if int(headers.get("Content-Length", len(content))) != len(content):
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """Print nothing of clients that leave."""


@contextmanager
def lying_store() -> Iterator[Store]:
    """Yield a server with the empty bucket `b`."""
    store = Store()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"store": store}))
    store.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
