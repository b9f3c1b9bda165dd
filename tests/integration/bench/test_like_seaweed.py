"""What avio uses of S3: bench's server in memory answers as SeaweedFS does. Each test asks both, and compares."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from avio.engines.local.buckets.lanes import Lanes
from avio.engines.local.buckets.multipart import MultipartUpload, end_upload
from avio.engines.local.buckets.s3_list_xml import ListPage, read_page
from avio.engines.local.buckets.s3_place import S3Place, place_of
from avio.engines.local.buckets.signed_requests import Reply, SignedRequests
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.root import Root
from avio.engines.local.upload_journal import UploadJournal
from avio.engines.local.upload_source import UploadSource
from tests.contract.engines.harness import Attempt
from tests.servers.memory_s3 import MemoryS3
from tests.servers.seaweed import S3Server

KEYS = ["a.bin", "dir/1", "dir/2", "dir/deeper/3", "dir-x/4", "with space/+&=.bin", "é/ü", "z/a", "z/b"]
OTHER_ORDER = "dir-x/4"  # SeaweedFS has it behind dir/: the mount's option key_order
_names = count()
NO_JOURNAL = UploadJournal(Root("/nowhere", make=False), "attempt", "/data")  # sending parts notes nothing


class Bucket(NamedTuple):
    """An empty bucket of one server."""

    requests: SignedRequests
    place: S3Place
    name: str

    def ask(self, method: str, key: str, body: bytes = b"", head: Mapping[str, str] | None = None) -> Reply:
        return self.requests.send(key, method, key, {}, body, head)

    def has_upload(self, key: str) -> bool:
        return f"<Key>{key}</Key>".encode() in self.requests.send("", "GET", "", {"uploads": ""}).body

    def page(self, **query: str | int) -> ListPage:
        texts = {name.replace("_", "-"): str(text) for name, text in query.items()}
        return read_page(self.requests.send("", "GET", "", {"list-type": "2", **texts}).body)

    def pages(self, **query: str | int) -> Iterator[ListPage]:
        page = self.page(**query)
        yield page
        while page.token is not None:
            page = self.page(**query, continuation_token=page.token)
            yield page


@pytest.fixture
def both(memory_server: MemoryS3, seaweed_server: S3Server) -> list[Bucket]:
    return [_bucket(server, f"same{next(_names)}") for server in (memory_server, seaweed_server)]


@pytest.fixture
def both_filled(both: list[Bucket]) -> list[Bucket]:
    """The keys in both, for a test that writes."""
    return _filled(both)


@pytest.fixture(scope="module")
def both_kept(memory_server: MemoryS3, seaweed_server: S3Server) -> list[Bucket]:
    """The keys in both, for all tests that only read."""
    return _filled([_bucket(server, f"same{next(_names)}") for server in (memory_server, seaweed_server)])


def _filled(both: list[Bucket]) -> list[Bucket]:
    for bucket in both:
        for key in KEYS:
            assert bucket.ask("PUT", key, key.encode()).status == 200
    return both


def _bucket(server: S3Server, name: str) -> Bucket:
    place = place_of(
        server.make_bucket(name), {key: text for key, text in server.options.items() if key != "key_order"}
    )
    assert place is not None
    return Bucket(SignedRequests(place), place, name)


def same(both: list[Bucket], ask: Callable[[Bucket], object]) -> object:
    """Ask both servers; their answers must be equal."""
    ours, seaweeds = map(ask, both)
    assert ours == seaweeds
    return ours


@pytest.mark.parametrize("most", [1, 2, 3, 1000])
@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("prefix", ["", "dir/", "dir", "z/", "none/"])
def test_the_pages_of_a_listing(both_kept: list[Bucket], prefix: str, delimiter: str, most: int) -> None:
    def listed(bucket: Bucket) -> list[str]:
        found = bucket.pages(prefix=prefix, delimiter=delimiter, max_keys=most, encoding_type="url")
        return sorted(name for page in found for name in [*(row[0] for row in page.rows), *page.prefixes])

    names = same(both_kept, listed)

    assert isinstance(names, list)
    assert len(names) == len(set(names))
    assert bool(names) == (prefix != "none/")


@pytest.mark.parametrize("after", ["", "a.bin", "dir/1", "m", "zz"])
def test_a_listing_begins_after_a_key(both_kept: list[Bucket], after: str) -> None:
    def listed(bucket: Bucket) -> list[str]:
        rows = bucket.page(start_after=after, encoding_type="url").rows
        return sorted(row[0] for row in rows if row[0] != OTHER_ORDER)

    assert same(both_kept, listed) == sorted(key for key in KEYS if key > after and key != OTHER_ORDER)


def test_keys_come_in_the_order_of_their_bytes(both_kept: list[Bucket]) -> None:
    ours, _ = both_kept

    assert [row[0] for row in ours.page(encoding_type="url").rows] == sorted(KEYS, key=str.encode)


def test_size_and_etag_of_a_listing(both_kept: list[Bucket]) -> None:
    rows = same(both_kept, lambda bucket: [(row[1], row[3]) for row in bucket.page(prefix="dir/1").rows])

    assert rows == [(5, f'"{hashlib.md5(b"dir/1").hexdigest()}"')]


@pytest.mark.parametrize(
    ("key", "head", "status"),
    [
        ("new", {"If-None-Match": "*"}, 200),
        ("a.bin", {"If-None-Match": "*"}, 412),
        ("a.bin", {"If-Match": f'"{hashlib.md5(b"a.bin").hexdigest()}"'}, 200),
        ("a.bin", {"If-Match": f'"{hashlib.md5(b"other").hexdigest()}"'}, 412),
        ("a.bin", {"Content-MD5": base64.b64encode(hashlib.md5(b"new").digest()).decode()}, 200),
        ("a.bin", {"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}, 400),
    ],
)
def test_a_put_with_conditions(both_filled: list[Bucket], key: str, head: dict[str, str], status: int) -> None:
    assert same(both_filled, lambda bucket: bucket.ask("PUT", key, b"new", head).status) == status

    written = same(both_filled, lambda bucket: bucket.ask("GET", key).body)
    assert written == (b"new" if status == 200 else key.encode())


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"Range": "bytes=0-3"},
        {"Range": "bytes=2-"},
        {"Range": "bytes=-3"},
        {"Range": "bytes=3-999"},
        {"Range": "bytes=99-"},
        {"Range": "bytes=1-2", "If-Match": f'"{hashlib.md5(b"z/a" * 4).hexdigest()}"'},
        {"Range": "bytes=1-2", "If-Match": '"other"'},
    ],
    ids=str,
)
def test_a_get_with_a_range(both: list[Bucket], head: dict[str, str]) -> None:
    def got(bucket: Bucket) -> tuple[object, ...]:
        bucket.ask("PUT", "z", b"z/a" * 4)
        reply = bucket.ask("GET", "z", head=head)
        names = ("content-range", "content-length", "etag") if reply.status < 300 else ()
        return reply.status, reply.status < 300 and reply.body, *(reply.headers.get(name) for name in names)

    same(both, got)


@pytest.mark.parametrize("key", ["dir/1", "none"])
def test_a_head(both_kept: list[Bucket], key: str) -> None:
    def head(bucket: Bucket) -> tuple[object, ...]:
        reply = bucket.ask("HEAD", key)
        return reply.status, reply.status == 200 and (reply.headers["content-length"], reply.etag)

    same(both_kept, head)


def test_an_upload_in_parts_has_the_etag_of_its_parts(both: list[Bucket], tmp_path: Path) -> None:
    file = tmp_path / "large"

    def uploaded(bucket: Bucket) -> tuple[object, ...]:
        file.write_bytes(b"1" * (5 << 20) + b"2" * 100)
        upload = MultipartUpload(bucket.place, "name", "large", StoreFacts("name"), Attempt())
        with open(file, "rb") as opened:
            upload.send(UploadSource("/large", opened.fileno(), NO_JOURNAL), 5 << 20, Attempt(), Lanes())
        complete = upload.complete({})
        reply = bucket.ask("GET", "large", head={"Range": "bytes=5242875-5242885"})
        return (
            complete.status,
            upload.etag_of(complete),
            upload.etag,
            reply.etag,
            reply.body,
            reply.headers["content-range"],
        )

    answer = same(both, uploaded)

    assert isinstance(answer, tuple)
    assert answer[1] == answer[2] == answer[3]
    assert answer[4] == b"1" * 5 + b"2" * 6


def test_an_upload_that_was_ended_is_gone(both: list[Bucket]) -> None:
    def ended(bucket: Bucket) -> tuple[object, ...]:
        upload = MultipartUpload(bucket.place, "name", "large", StoreFacts("name"), Attempt())
        open_ = bucket.has_upload("large")
        end_upload(bucket.requests, "name", "large", upload.upload_id)
        left = bucket.has_upload("large")
        return open_, left, upload.complete({}).good, bucket.ask("HEAD", "large").status

    assert same(both, ended) == (True, False, False, 404)


def test_a_deleted_object_is_gone(both_filled: list[Bucket]) -> None:
    def deleted(bucket: Bucket) -> tuple[object, ...]:
        return bucket.ask("DELETE", "z/a").status, bucket.ask("GET", "z/a").status, bucket.ask("DELETE", "z/a").status

    assert same(both_filled, deleted) == (204, 404, 204)
