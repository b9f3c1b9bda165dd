"""The bytes of small objects that a slow line brings count as they come, before their objects are whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import Side
from avio.engines.local.buckets.multiget import MultiGet
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt, ObjectsHarness
from tests.servers.memory_s3 import SYNTHETIC, MemoryS3, memory_s3

SIZE = 300_000
BANDWIDTH = 1_000_000


@pytest.fixture(scope="module")
def slow_line() -> Iterator[MemoryS3]:
    with memory_s3(synthetic=2, directories=1, size=SIZE, bandwidth=BANDWIDTH) as server:
        yield server


def test_what_has_come_of_an_object_is_known_by_libcurl_and_past_it(slow_line: MemoryS3) -> None:
    options = {name: text for name, text in slow_line.options.items() if name != "key_order"}
    bucket = ObjectsBucket(f"s3://{SYNTHETIC}", options, "\0")
    assert bucket.place is not None
    gets: MultiGet[str] = MultiGet()

    for source in bucket.scan(""):
        seen = set()
        gets.add(bucket.place, source, source.key, StoreFacts("s3://b"))
        while gets.live:
            gets.poll(0.02)
            gets.count_partial()
            seen.add(gets.partial)
        assert [size for size in seen if 0 < size < SIZE], source.key
        assert gets.partial == 0
    gets.close()


def test_a_run_learns_of_bytes_as_they_come_and_of_each_once(slow_line: MemoryS3, tmp_path: Path) -> None:
    world = ObjectsHarness(tmp_path, f"s3://{SYNTHETIC}", slow_line.options, slow_line.store(SYNTHETIC), 1 << 30)
    moved: list[int] = []
    run = Attempt()
    run.moved = moved.append  # type: ignore[method-assign]
    entries = world.engine.walk("/data", depth=None, side=Side.BUCKET)

    assert len(list(world.engine.preload(entries, Params(), run))) == 2

    told = [size for size in moved if size]
    assert told[0] < SIZE
    assert sum(told) == 2 * SIZE
