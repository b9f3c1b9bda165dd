"""What the server in memory has beside S3: objects that cost no memory, counts, and faults on purpose."""

import base64
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from avio.engines.local.buckets.s3_list_xml import read_page
from tests.servers.memory_s3 import SYNTHETIC, MemoryS3, memory_s3


def get(server: MemoryS3, path: str, **head: str) -> bytes:
    request = urllib.request.Request(f"{server.endpoint}/{path}", headers=head)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return bytes(reply.read())


def status(server: MemoryS3, path: str) -> int:
    try:
        get(server, path)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def first_objects(server: MemoryS3) -> list[str]:
    return [f"{SYNTHETIC}/{row[0]}" for row in read_page(get(server, f"{SYNTHETIC}?list-type=2")).rows]


def test_synthetic_objects_are_in_directories_and_have_their_etag() -> None:
    with memory_s3(synthetic=2500, directories=3, size=100) as server:
        page = read_page(get(server, f"{SYNTHETIC}?list-type=2&delimiter=/"))
        second = read_page(get(server, f"{SYNTHETIC}?list-type=2&prefix={page.prefixes[1]}"))
        bodies = {get(server, f"{SYNTHETIC}/{row[0]}") for row in second.rows}

        assert len(page.prefixes) == 3
        assert len(second.rows) == 834
        assert {len(body) for body in bodies} == {100}
        assert {f'"{hashlib.md5(body).hexdigest()}"' for body in bodies} == {row[3] for row in second.rows}
        assert status(server, f"{SYNTHETIC}/{page.prefixes[0]}00002499.bin") == 404


def test_a_large_synthetic_object_has_other_bytes_at_each_range_and_no_memory(tmp_path: Path) -> None:
    size = 300 << 20
    with memory_s3(synthetic=1, size=size) as server:
        (name,) = first_objects(server)
        block = (1 << 20) + 7
        ranges = [(0, 99), (1 << 20, (1 << 20) + 99), (200 << 20, (200 << 20) + 99), (size - 100, size - 1)]
        found = [get(server, name, Range=f"bytes={first}-{last}") for first, last in ranges]
        whole = get(server, name, Range=f"bytes=0-{3 * block}")
        peak = next(line for line in Path(f"/proc/{server.pid}/status").read_text().splitlines() if "VmHWM" in line)

    assert len(set(found)) == len(found)
    assert whole[:block] == whole[block : 2 * block]
    assert [whole[first % block : first % block + 100] for first, _ in ranges] == found
    assert int(peak.split()[1]) < 60 << 10


def test_requests_are_counted_by_kind_and_the_first_has_its_time() -> None:
    with memory_s3(synthetic=3) as server:
        began = time.time()
        for name in first_objects(server):
            get(server, name)

        assert server.counts() == {"list": 1, "get": 3}
        assert began - 0.1 <= server.first("list") <= server.first("get") <= time.time() + 0.1
        assert server.counts(reset=True) == {"list": 1, "get": 3}
        assert server.counts() == {}


def test_a_bucket_is_emptied_at_once(memory_server: MemoryS3) -> None:
    memory_server.make_bucket("emptied")
    put = urllib.request.Request(f"{memory_server.endpoint}/emptied/key", b"x", method="PUT")
    urllib.request.urlopen(put, timeout=30).close()
    assert get(memory_server, "emptied/key") == b"x"

    memory_server.make_bucket("emptied")

    assert status(memory_server, "emptied/key") == 404


def test_a_body_in_signed_frames_is_stored_without_them(memory_server: MemoryS3) -> None:
    memory_server.make_bucket("framed")
    head = {"X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "X-Amz-Decoded-Content-Length": "11"}
    body = b"6;chunk-signature=1\r\nhello \r\n5;chunk-signature=2\r\nworld\r\n0;chunk-signature=3\r\n\r\n"
    put = urllib.request.Request(f"{memory_server.endpoint}/framed/key", body, head, method="PUT")

    with urllib.request.urlopen(put, timeout=30) as reply:
        assert reply.headers["ETag"] == f'"{hashlib.md5(b"hello world").hexdigest()}"'
    assert get(memory_server, "framed/key") == b"hello world"


def test_metadata_is_kept(memory_server: MemoryS3) -> None:
    memory_server.make_bucket("meta")
    head = {"X-Amz-Meta-Mtime": "17", "Content-Type": "text/x"}
    put = urllib.request.Request(f"{memory_server.endpoint}/meta/key", b"x", head, method="PUT")
    urllib.request.urlopen(put, timeout=30).close()

    with urllib.request.urlopen(f"{memory_server.endpoint}/meta/key", timeout=30) as reply:
        assert (reply.headers["X-Amz-Meta-Mtime"], reply.headers["Content-Type"]) == ("17", "text/x")


@pytest.mark.parametrize(("always", "wrong"), [(False, 1), (True, 3)])
def test_one_get_has_one_flipped_bit_once_or_always(*, always: bool, wrong: int) -> None:
    with memory_s3(synthetic=2, flip=2, always=str(always).lower()) as server:
        first, second = first_objects(server)
        right = get(server, first)
        bodies = [get(server, second) for _ in range(3)]

        assert get(server, first) == right
    differences = [sum((a ^ b).bit_count() for a, b in zip(right, body, strict=True)) for body in bodies]
    assert differences == [1] * wrong + [0] * (3 - wrong)


@pytest.mark.parametrize(("always", "short"), [(False, 1), (True, 3)])
def test_one_get_ends_in_the_middle_once_or_always(*, always: bool, short: int) -> None:
    with memory_s3(synthetic=1, cut=1, always=str(always).lower()) as server:
        (name,) = first_objects(server)
        lengths = []
        for _ in range(3):
            try:
                lengths.append(len(get(server, name)))
            except http.client.IncompleteRead as error:
                lengths.append(len(error.partial))

    assert lengths == [512] * short + [1024] * (3 - short)


def test_a_storm_of_503_says_when_to_come_again_and_ends() -> None:
    with memory_s3(synthetic=1, slowdown=1, slowdown_time="500ms", retry_after=7) as server:
        (name,) = first_objects(server)  # the storm begins with the first GET of an object
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(server, name)
        error = caught.value

        assert (error.code, error.headers["Retry-After"]) == (503, "7")
        assert b"<Code>SlowDown</Code>" in error.read()
        time.sleep(0.6)
        assert status(server, name) == 200


def test_a_share_of_requests_is_refused() -> None:
    with memory_s3(slowdown=0.5) as server:
        got = [status(server, "none/key") for _ in range(100)]

    assert set(got) == {404, 503}


def test_each_answer_waits() -> None:
    with memory_s3(synthetic=1, delay="300ms") as server:
        began = time.monotonic()
        first_objects(server)

        assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("flags", [{"directories": 0}, {"delay": "soon"}], ids=str)
def test_wrong_flags_are_refused(flags: dict[str, str | float]) -> None:
    with pytest.raises(RuntimeError, match="did not start"), memory_s3(synthetic=1, **flags):
        pass


def test_who_asks_gets_the_checksum_of_a_whole_object_if_the_server_tells_any() -> None:
    for told, kinds in (("true", {"x-amz-checksum-crc64nvme", "x-amz-checksum-type"}), ("false", set())):
        with memory_s3(checksums=told) as server:
            server.make_bucket("b")
            put = urllib.request.Request(f"{server.endpoint}/b/k", data=b"123456789", method="PUT")
            urllib.request.urlopen(put, timeout=30).close()
            for method, asks, ranges, names in (
                ("GET", True, False, kinds),
                ("HEAD", True, False, kinds),
                ("GET", False, False, set()),
                ("GET", True, True, set()),
            ):
                headers = {"x-amz-checksum-mode": "ENABLED"} if asks else {}
                headers |= {"Range": "bytes=0-3"} if ranges else {}
                request = urllib.request.Request(f"{server.endpoint}/b/k", headers=headers, method=method)
                with urllib.request.urlopen(request, timeout=30) as reply:
                    found = {name.lower(): text for name, text in reply.headers.items()}
                assert {name for name in found if "checksum" in name} == names
                if names:
                    assert base64.b64decode(found["x-amz-checksum-crc64nvme"]).hex() == "ae8b14860a799888"
