"""Real servers are asked for checksums by signed requests, and those that they tell prove the bytes."""

import uuid
from base64 import b64encode
from pathlib import Path

import pytest

from avio.engines.content import Content
from avio.engines.local.buckets.s3_place import place_of
from avio.engines.local.buckets.signed_requests import SignedRequests
from avio.wire.results import Outcome
from tests.contract.engines.test_other_bytes import World
from tests.servers.golang import NoGo
from tests.servers.memory_s3 import SYNTHETIC, memory_s3
from tests.servers.seaweed import S3Server
from tests.unit.engines.local.test_checksums import MAKE

SMALL, MIDDLE = b"123456789" * 5, b"123456789" * 300_000


def requests_to(url: str, options: dict[str, str]) -> SignedRequests:
    place = place_of(url, {name: text for name, text in options.items() if name not in ("key_order", "etag")})
    assert place is not None
    return SignedRequests(place)


def test_seaweedfs_takes_the_signature_and_tells_what_it_was_given(seaweed_server: S3Server, tmp_path: Path) -> None:
    url = f"{seaweed_server.make_bucket('contract')}/{uuid.uuid4().hex}"
    options = {**seaweed_server.options, "etag": "opaque"}
    requests = requests_to(url, options)
    for kind in MAKE:
        sums = {f"x-amz-checksum-{kind}": b64encode(MAKE[kind](SMALL)).decode()}
        assert requests.send("put", "PUT", f"small-{kind}", {}, SMALL, sums).good
    sums = {"x-amz-checksum-crc32": b64encode(MAKE["crc32"](MIDDLE)).decode()}
    assert requests.send("put", "PUT", "middle", {}, MIDDLE, sums).good
    assert requests.send("put", "PUT", "none", {}, SMALL).good

    moved = World(tmp_path, (url, options), 1 << 30).preload()

    assert {each.outcome for each in moved.values()} == {Outcome.DONE}
    content = {path: each.content for path, each in moved.items()}
    assert content.pop("/data/none") is Content.UNPROVED
    assert len(content) == len(MAKE) + 1
    assert set(content.values()) == {Content.PROVED}


@pytest.mark.parametrize(("told", "content"), [("true", Content.PROVED), ("false", Content.UNPROVED)])
@pytest.mark.parametrize("size", [1000, 3 << 20, 70 << 20])
def test_each_way_of_fetching_is_proved_by_a_crc64(tmp_path: Path, told: str, content: Content, size: int) -> None:
    try:
        with memory_s3(synthetic=2, size=size, checksums=told) as server:
            world = World(tmp_path, (f"s3://{SYNTHETIC}", {**server.options, "etag": "opaque"}), 1 << 30)
            moved = world.preload()
            assert {each.content for each in moved.values()} == {content}
            assert len(moved) == 2
            assert server.counts()["head"] == 2 if size > 32 << 20 else "head" not in server.counts()
    except NoGo as missing:
        pytest.skip(str(missing))
