"""The figures of the database at a scrape: one thread reads them, now and then; without them it is shown soon."""

import threading
import time

import pytest

from avio.api import figures_collector
from avio.api.figures_collector import FiguresCollector, FreshFigures
from avio.db.figures import NodeFigures, TierFigures
from avio.db.totals import Place
from avio.metrics.declared import SUM
from avio.rules.figures import Figures, Unsaved

LIMIT = 10.0


def figures(**members: object) -> Figures:
    found: dict[str, object] = {
        "totals": [],
        "jobs": {("running", 1): 2},
        "oldest_due": 4.0,
        "nodes": [],
        "aggregators": 1,
        "tiers": [],
        "unsaved": Unsaved(),
        "now": 1000.0,
    }
    return Figures(**{**found, **members})  # type: ignore[arg-type]


def samples(fresh: FreshFigures) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in FiguresCollector(fresh).collect():
        for each in family.samples:
            found.setdefault(each.name, {})[tuple(each.labels.values())] = each.value
    return found


def test_many_scrapes_ask_the_database_once() -> None:
    asked: list[None] = []

    def read() -> Figures:
        asked.append(None)
        return figures()

    fresh = FreshFigures(read)
    for _ in range(5):
        assert samples(fresh)["avio_database_up"] == {(): 1.0}
    assert len(asked) == 1


def test_old_figures_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures_collector, "FRESH_SECONDS", 0.0)
    asked: list[Figures] = [figures(aggregators=1), figures(aggregators=2)]
    fresh = FreshFigures(lambda: asked.pop(0))

    assert samples(fresh)["avio_live_processes"][("aggregator",)] == 1
    assert samples(fresh)["avio_live_processes"][("aggregator",)] == 2


def test_a_database_that_fails_is_shown_and_nothing_of_it() -> None:
    def read() -> Figures:
        raise ConnectionRefusedError

    assert samples(FreshFigures(read)) == {"avio_database_up": {(): 0.0}}


def test_a_database_that_hangs_holds_up_one_scrape_for_a_moment_and_the_next_ones_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures_collector, "LIMIT_SECONDS", 0.2)
    go_on, asked = threading.Event(), []

    def read() -> Figures:
        asked.append(None)
        go_on.wait(LIMIT)
        return figures()

    fresh = FreshFigures(read)
    assert samples(fresh) == {"avio_database_up": {(): 0.0}}
    began = time.monotonic()
    for _ in range(20):
        assert samples(fresh) == {"avio_database_up": {(): 0.0}}
    assert time.monotonic() - began < 0.2 * 20 / 2
    assert len(asked) == 1
    go_on.set()


def test_jobs_are_zero_where_there_are_none_and_types_of_newer_versions_are_left_out() -> None:
    found = samples(FreshFigures(lambda: figures(jobs={("queued", 1): 3, ("queued", 99): 1})))["avio_jobs"]

    assert found[("queued", "preload")] == 3
    assert found[("running", "save")] == 0
    assert sum(found.values()) == 3


def test_what_has_never_happened_is_zero_so_that_the_first_time_is_an_increase() -> None:
    found = samples(FreshFigures(figures))

    assert found["avio_jobs_ended_total"][("failed", "preload")] == 0
    assert found["avio_attempts_total"][("crashed",)] == 0
    assert found["avio_repaired_total"] == {("other_bytes",): 0}
    assert found["avio_wire_bytes_total"] == {(): 0}


def test_a_fleet_without_a_live_supervisor_shows_it() -> None:
    dead = NodeFigures("n1", "active", alive=False, slots=4, busy=1, lease_age=99.0)
    lost = NodeFigures("n2", "lost", alive=False, slots=4, busy=0, lease_age=999.0)
    found = samples(FreshFigures(lambda: figures(nodes=[dead, lost], aggregators=0)))

    assert found["avio_live_processes"] == {("supervisor",): 0.0, ("aggregator",): 0.0}
    assert found["avio_slots"] == {("n1", "busy"): 1, ("n1", "free"): 0, ("n1", "closed"): 3}
    assert found["avio_lease_age_seconds"] == {("n1",): 99.0, ("n2",): 999.0}


def test_what_is_not_known_of_a_tier_is_left_out() -> None:
    tiers = [TierFigures("MEM", None, None, None, None), TierFigures("SSD", 100, 40, 5, 2.0)]
    unsaved = Unsaved({"SSD": 7}, {"/data": 400.0, "/other": 0.0})
    found = samples(FreshFigures(lambda: figures(tiers=tiers, unsaved=unsaved)))

    assert found["avio_tier_bytes"] == {
        ("SSD", "capacity"): 100, ("SSD", "used"): 40, ("SSD", "reserved"): 5, ("SSD", "dirty"): 7
    }  # fmt: skip
    assert found["avio_tier_age_seconds"] == {("SSD",): 2.0}
    assert found["avio_dirty_oldest_seconds"] == {("/data",): 600.0, ("/other",): 0.0}


def test_totals_are_counters_and_histograms_and_unknown_ones_are_left_out() -> None:
    labels = (("state", "succeeded"), ("type", "preload"))
    totals = [
        (Place("avio_wire_bytes_total"), 5.0),
        (Place("avio_job_duration_seconds", labels, "5.0"), 2.0),
        (Place("avio_job_duration_seconds", labels, SUM), 7.0),
        (Place("avio_wire_bytes_total", (("newer", "x"),)), 1.0),
        (Place("avio_of_a_newer_version"), 1.0),
    ]
    found = samples(FreshFigures(lambda: figures(totals=totals)))

    assert found["avio_wire_bytes_total"] == {(): 5.0}
    assert found["avio_job_duration_seconds_count"] == {("preload", "succeeded"): 2.0}
    assert found["avio_job_duration_seconds_sum"] == {("preload", "succeeded"): 7.0}
    assert found["avio_job_duration_seconds_bucket"][("preload", "succeeded", "1.0")] == 0.0
    assert found["avio_job_duration_seconds_bucket"][("preload", "succeeded", "5.0")] == 2.0
    assert "avio_of_a_newer_version" not in found
