"""Over a long line movers have as many small requests under way as the line needs: counted by the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.wire.results import Outcome
from tests.contract.engines.harness import outcomes
from tests.contract.engines.test_many_puts import put_many
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_shared_work import share
from tests.processes import slowness
from tests.servers.golang import NoGo
from tests.servers.memory_s3 import SYNTHETIC, memory_s3
from tests.unit.engines.movers.thread_movers import Fleet

FILES = 2500
DELAY = "300ms"  # so long that a busy machine works on many requests meanwhile
UNDER_WAY = 256


@pytest.fixture(autouse=True)
def fleets() -> Iterator[None]:
    yield
    while Fleet.made:
        Fleet.made.pop().close()


def test_a_preload_has_hundreds_under_way(tmp_path: Path) -> None:
    try:
        with memory_s3(delay=DELAY, synthetic=FILES, size=1000) as server:
            world = World(tmp_path, (f"s3://{SYNTHETIC}", server.options), 1 << 30)
            share(world)
            moved = outcomes(world.preload("/data"))
            most = server.most("get")
    except NoGo as missing:
        pytest.skip(str(missing))

    assert len(moved) == FILES
    assert set(moved.values()) == {Outcome.DONE}
    assert most >= UNDER_WAY / slowness()  # a processor that others use is the limit, not the line


def test_a_save_has_hundreds_under_way(tmp_path: Path) -> None:
    try:
        with memory_s3(delay=DELAY) as server:
            world = World(tmp_path, (server.make_bucket("b"), server.options), 1 << 30)
            put_many(world, FILES)
            share(world)
            moved = outcomes(world.save("/data/many"))
            most = server.most("put")
    except NoGo as missing:
        pytest.skip(str(missing))

    assert len(moved) == FILES
    assert set(moved.values()) == {Outcome.DONE}
    assert most >= UNDER_WAY / slowness()  # a processor that others use is the limit, not the line
