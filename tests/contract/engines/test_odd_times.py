"""Files with times that no clock shows: they come as all others do."""

import os
import tempfile
from datetime import UTC
from pathlib import Path

import pytest

from avio.api.serializers import entry_info
from avio.engines.base import EntryState
from avio.errors import Unsaved
from avio.wire.results import Outcome
from tests.contract.engines.harness import FilesHarness, outcomes

MEMORY = Path("/dev/shm")  # disks keep fewer times
YEAR_33658, YEAR_MINUS_1199, YEAR_5138 = 10**12, -(10**11), 10**11


@pytest.mark.parametrize("seconds", [YEAR_33658, YEAR_5138, 1 << 62, YEAR_MINUS_1199, -1, 0])
def test_a_file_of_any_time_is_loaded_known_and_listed(seconds: int) -> None:
    if not MEMORY.is_dir():
        pytest.skip("no file system in memory")
    with tempfile.TemporaryDirectory(dir=MEMORY) as directory:
        world = FilesHarness(Path(directory))
        world.put_all(["/data/odd", "/data/plain"])
        os.utime(world.bucket / "odd", ns=(0, seconds * 10**9 + 1))

        assert set(outcomes(world.preload()).values()) == {Outcome.DONE}

        entries = world.engine.list("/data", depth=1, size=9).entries
        assert [entry.state for entry in entries] == [EntryState.CACHED] * 2
        assert [entry_info(entry, UTC)["name"] for entry in entries] == ["odd", "plain"]
        assert set(outcomes(world.preload()).values()) <= {Outcome.SKIPPED}
        world.drop_bucket("/data/odd")
        assert world.engine.stat("/data/odd").state is EntryState.GONE
        world.put_cache("/data/odd", b"a result")
        with pytest.raises(Unsaved):
            world.engine.free("/data/odd", recursive=False)
