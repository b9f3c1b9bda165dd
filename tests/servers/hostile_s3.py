"""An S3 server in memory that lies on purpose: keys of any bytes, any page size, and answers that no store should give.

Checks no signature. A test sets its attributes. Knows nothing of avio.
"""

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

MODIFIED = ("2024-01-02T03:04:05.678Z", "Tue, 02 Jan 2024 03:04:05 GMT")

Reply = tuple[int, bytes]
# Gets the number of a LIST (from 1), its query, and the honest answer; returns the answer to give.
Lie = Callable[[int, dict[str, str], bytes], Reply]


@dataclass(slots=True)
class HostileS3:
    """The state of a server. `objects` maps keys to content; `lie` changes answers to LIST, `refuse` all others."""

    endpoint: str = ""
    bucket: str = "b"
    objects: dict[bytes, bytes] = field(default_factory=dict)
    page: int = 1000
    by_names: bool = False  # sort name by name
    encodes: bool = True  # honour encoding-type=url
    ignores_start: bool = False
    seconds: float = 0.0  # before each LIST
    lie: Lie | None = None
    refuse: Callable[[str, bytes], Reply | None] = lambda method, key: None
    lists: int = 0
    connections: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def options(self) -> dict[str, str]:
        """The options of a mount."""
        return {
            "endpoint": self.endpoint,
            "region": "us-east-1",
            "access_key_id": "k",
            "secret_access_key": "s",
            "allow_http": "true",
        }

    def order(self, key: bytes) -> bytes:
        """Return what sorts as `key` does here."""
        return key.replace(b"/", b"\0") if self.by_names else key

    def listing(self, query: dict[str, str]) -> bytes:
        """Return the honest answer to a LIST. Query texts hold stray bytes as surrogates."""
        prefix, after = _bytes(query.get("prefix", "")), _bytes(query.get("start-after", ""))
        if "continuation-token" in query:
            after = base64.urlsafe_b64decode(query["continuation-token"])
        elif self.ignores_start:
            after = b""
        places = {key: self.order(key) for key in self.objects if key.startswith(prefix)}
        found = sorted((key for key in places if not after or places[key] > self.order(after)), key=places.__getitem__)
        size = min(self.page, int(query.get("max-keys", "1000")))
        shown: list[bytes] = []
        last = b""
        delimiter = _bytes(query.get("delimiter", ""))
        more = False
        for key in found:
            rest = key[len(prefix) :]
            entry = prefix + rest.split(delimiter)[0] + delimiter if delimiter and delimiter in rest else key
            if entry not in shown[-1:]:
                if len(shown) == size:
                    more = True
                    break
                shown.append(entry)
            last = key
        encoded = self.encodes and query.get("encoding-type") == "url"
        return self._xml(query, shown, delimiter, last if more else None, encoded=encoded)

    def _xml(
        self, query: dict[str, str], shown: list[bytes], delimiter: bytes, last: bytes | None, *, encoded: bool
    ) -> bytes:
        text = _quoted if encoded else _escaped
        prefix = _bytes(query.get("prefix", ""))
        parts = [
            b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
            b"<Name>%s</Name><Prefix>%s</Prefix>" % (self.bucket.encode(), text(prefix)),
            b"<EncodingType>url</EncodingType>" if encoded else b"",
            b"<IsTruncated>%s</IsTruncated>" % (b"false" if last is None else b"true"),
        ]
        if last is not None:
            parts.append(b"<NextContinuationToken>%s</NextContinuationToken>" % base64.urlsafe_b64encode(last))
        for key in shown:
            if key in self.objects and not (delimiter and key.endswith(delimiter) and key != prefix):
                content = self.objects[key]
                parts.append(
                    b"<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&quot;%s&quot;</ETag><Size>%d</Size></Contents>"
                    % (text(key), MODIFIED[0].encode(), _md5(content).encode(), len(content))
                )
            else:
                parts.append(b"<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>" % text(key))
        return b"".join([*parts, b"</ListBucketResult>"])


def error_xml(code: str, message: str = "no reason") -> bytes:
    """Return the body of a refusal."""
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _quoted(key: bytes) -> bytes:
    return quote(key, safe="/").encode()


def _escaped(key: bytes) -> bytes:
    text = key.decode("utf-8", "surrogateescape")
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    return _bytes("".join(named.get(each) or (f"&#{ord(each)};" if ord(each) < 32 else each) for each in text))


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its headers
    server: Any

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def setup(self) -> None:
        super().setup()
        self.server.state.connections += 1

    def do_GET(self) -> None:
        state: HostileS3 = self.server.state
        parts = urlsplit(self.path)
        key = unquote_to_bytes(parts.path.removeprefix("/").partition("/")[2])
        if key:
            self._object(state, key)
            return
        query = dict(parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape"))
        with self.server.lock:
            state.lists += 1
            number = state.lists
        if state.seconds:
            time.sleep(state.seconds)
        body = state.listing(query)
        self._send(*(state.lie(number, query, body) if state.lie else (200, body)))

    do_HEAD = do_GET  # noqa: N815

    def _object(self, state: HostileS3, key: bytes) -> None:
        state.requests.append(f"{self.command} {key!r}")
        refused = state.refuse(self.command, key)
        content = state.objects.get(key)
        if refused is not None or content is None:
            self._send(*(refused or (404, error_xml("NoSuchKey"))))
        else:
            self._send(200, content, {"ETag": f'"{_md5(content)}"', "Last-Modified": MODIFIED[1]})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client leaves early."""


@contextmanager
def hostile_s3() -> Iterator[HostileS3]:
    """Run a server on a free loopback port."""
    state = HostileS3()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.state, server.lock = state, threading.Lock()  # type: ignore[attr-defined]
    state.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
