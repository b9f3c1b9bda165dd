"""What a preload has nothing to do for: with Alluxio, a cached file on another tier than asked for is moved."""

import pytest

from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.base import Entry, EntryState
from avio.engines.memory import MemoryEngine
from avio.errors import Unsupported
from avio.rules.order_checks import JobSpec, require_able
from avio.wire.effects import abilities
from avio.wire.options import Ability
from avio.wire.params import Params
from avio.wire.states import JobType

SETTINGS = {
    "alluxio": {"masters": ["127.0.0.1:1"], "web": ["http://127.0.0.1:1"], "job_master": ["http://127.0.0.1:1"]}
}


def entry(state: EntryState, **tiers: int) -> Entry:
    return Entry("/a", "file", 10, 0.0, state, sum(tiers.values()), tiers, saved=True)


def test_alluxio_holds_what_lies_on_the_tier_that_is_asked_for() -> None:
    holds = AlluxioEngine.from_settings(SETTINGS).holds

    assert holds(entry(EntryState.CACHED, MEM=5, SSD=5), None)
    assert holds(entry(EntryState.CACHED, SSD=10), "SSD")
    assert not holds(entry(EntryState.CACHED, MEM=5, SSD=5), "SSD")
    assert not holds(entry(EntryState.PARTIAL, SSD=5), "SSD")


def test_alluxio_always_spreads_over_its_workers_so_that_the_option_is_refused() -> None:
    assert set(abilities(Params("/a", spread=True))) - AlluxioEngine.abilities == {Ability.SPREAD}


def test_alluxio_may_evict_and_says_why_no_job_waits_for_room() -> None:
    asked = [*abilities(Params("/a", if_full="wait")), *abilities(Params("/a", if_full="evict"))]
    assert set(asked) - AlluxioEngine.abilities == {Ability.WAIT_FOR_ROOM}
    spec = JobSpec(JobType.PRELOAD, Params("/a", if_full="wait"))
    with pytest.raises(Unsupported, match="does not support ifFull=wait; Alluxio drops old files"):
        require_able(AlluxioEngine.from_settings(SETTINGS), spec)


def test_other_engines_let_a_copy_lie_where_it_is() -> None:
    assert MemoryEngine(["/"]).holds(entry(EntryState.CACHED, MEM=10), "SSD")
