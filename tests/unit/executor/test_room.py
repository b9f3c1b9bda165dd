"""A preload and the room that the cache has for it."""

from avio.engines.base import Tier
from avio.engines.memory import MemoryEngine
from tests.unit.executor.conftest import SIZE, RunJob, figures


def test_a_preload_that_does_not_fit_ends_before_it_fills_the_cache(run_job: RunJob, engine: MemoryEngine) -> None:
    engine._tiers = (Tier("MEM", 5 * SIZE, 0),)

    result = run_job()

    assert (result.state, result.reason) == ("failed", "CACHE_FULL")
    assert "ifFull=partial" in result.message


def test_a_preload_that_takes_what_fits_is_partial(run_job: RunJob, engine: MemoryEngine) -> None:
    engine._tiers = (Tier("MEM", 5 * SIZE, 0),)

    result = run_job(if_full="partial")

    assert (result.state, result.reason, figures(result)) == ("partial", "CACHE_FULL", (12, 5, 0, 7))


def test_only_the_room_of_the_tier_that_was_asked_for_counts(run_job: RunJob, engine: MemoryEngine) -> None:
    engine._tiers = (Tier("MEM", 5 * SIZE, 0), Tier("SSD", 100 * SIZE, 0))

    assert run_job(tier="MEM").reason == "CACHE_FULL"


def test_what_is_in_the_cache_already_needs_no_room(run_job: RunJob, engine: MemoryEngine) -> None:
    engine._tiers = (Tier("MEM", 12 * SIZE, 0),)
    run_job()

    assert run_job().state == "succeeded"
