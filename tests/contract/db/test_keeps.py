"""Keeps: whose they are, how long they last, what they refuse; and of a keep and a free at once one is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest

from avio.config.keeps import KeepSettings
from avio.db import keeps, orders
from avio.db.order_models import Keep
from avio.db.sql import change, now
from avio.engines.tier import Freed
from avio.errors import BadRequest, Conflict, NoMount, NotFound, TooMany
from avio.rules import free as free_rules
from avio.rules import ownership
from avio.rules.callers import Caller
from avio.rules.keeps import Keeps, Kept
from avio.wire.keeps import HOLDS_AFTER_SECONDS
from avio.wire.params import Params
from avio.wire.states import JobType
from tests.contract.db import given
from tests.contract.db.concurrent import abreast
from tests.contract.db.free_world import ADA, BOB, FILES, ROOT, World, job

HOUR = 3600.0
DAY = 24 * HOUR


@pytest.fixture
def rules(world: World) -> Keeps:
    return Keeps(world.engine.covers, KeepSettings())


def keep(rules: Keeps, caller: Caller, path: str, seconds: float | None = HOUR) -> str:
    """Keep a path; return the id."""
    made, _ = rules.put(caller, path, None if seconds is None else now() + seconds)
    return str(made.keep.id)


def over(keep_id: str, seconds: float = 1.0) -> None:
    """The time of a keep was over `seconds` ago."""
    change("UPDATE keeps SET until_at = {now} - ? WHERE id = ?", seconds, keep_id)


def free_job(path: str, state: str = "queued", uid: int = 3) -> str:
    """A free job in a state, made before any keep."""
    return job(uid, path, state, JobType.FREE)


@pytest.mark.parametrize(
    ("kept", "caller"),
    [("/", ADA), ("/data", ROOT), ("/data/d", ADA), ("/data/d/e", ROOT), ("/data/d/e/b", ADA)],
    ids=str,
)
def test_nobody_frees_what_another_keeps(world: World, rules: Keeps, kept: str, caller: Caller) -> None:
    job(1, "/data")
    keep(rules, BOB, kept, HOUR + 30)

    with pytest.raises(Kept) as refused:
        world.free(caller, "/data/d")

    assert refused.value.message.startswith(f"bob keeps {kept} cached for another 1h00m")
    ask, end = "ask bob or an admin to end it, or wait", "end it by its id first: DELETE /keeps/{id}"
    assert refused.value.cure == (end if caller.admin else ask)
    assert set(world.engine.cache) == set(FILES)


@pytest.mark.parametrize("beside", ["/data/d0", "/data/other", "/data/d/x"])
def test_a_keep_beside_it_holds_nothing(world: World, rules: Keeps, beside: str) -> None:
    job(1, "/data")
    keep(rules, BOB, beside)

    assert world.free(ADA, "/data/d/e") == Freed(1, 4)


def test_ones_own_keep_has_to_be_ended_first(world: World, rules: Keeps) -> None:
    job(1, "/data")
    held = keep(replace(rules, settings=KeepSettings(keep_longest=0)), ADA, "/data/d", None)

    with pytest.raises(Kept, match=f"^you keep /data/d cached \\(keep {held}\\)$") as refused:
        world.free(ADA, "/data/d")
    assert refused.value.cure == "end it first: DELETE /keeps/{id}"

    rules.end(ADA, held)
    assert world.free(ADA, "/data/d") == Freed(2, 8)


def test_an_admin_is_told_how_to_end_the_keep_of_somebody_else(world: World, rules: Keeps) -> None:
    job(1, "/data")
    keep(rules, ADA, "/data/d")
    with pytest.raises(Kept) as refused:
        world.free(ROOT, "/data/d")
    assert refused.value.cure == "end it by its id first: DELETE /keeps/{id}"
    with pytest.raises(Kept) as refused:
        world.free(BOB, "/data/d")
    assert refused.value.cure == "ask ada or an admin to end it, or wait"


def test_nobody_is_told_to_wait_for_a_keep_without_an_end(world: World, rules: Keeps) -> None:
    job(1, "/data")
    keep(rules, ROOT, "/data/d", None)
    with pytest.raises(Kept) as refused:
        world.free(ADA, "/data/d")
    assert refused.value.cure.endswith(" or an admin to end it")


def test_a_keep_that_is_over_holds_nothing(world: World, rules: Keeps) -> None:
    job(1, "/data")
    held = keep(rules, BOB, "/data")
    over(held)

    assert world.free(ADA, "/data/d") == Freed(2, 8)
    assert rules.get(BOB, held).status == "expired"


def test_the_keep_that_lasts_longest_is_named(world: World, rules: Keeps) -> None:
    job(1, "/data")
    keep(rules, BOB, "/data/d", 2 * HOUR)
    keep(rules, ROOT, "/data", None)
    keep(rules, BOB, "/data", HOUR)

    with pytest.raises(Kept, match=r"^root keeps /data cached \("):
        world.free(ADA, "/data/d")


@pytest.mark.parametrize(
    ("freed", "state"), [("/", "queued"), ("/data", "starting"), ("/data/d", "running"), ("/data/d/e", "stopping")]
)
def test_a_path_is_not_kept_while_a_job_frees_it(world: World, rules: Keeps, freed: str, state: str) -> None:
    freeing = free_job(freed, state)

    with pytest.raises(Conflict, match=f"^free job {freeing} of root drops files there, and has not ended$"):
        keep(rules, ADA, "/data/d")

    assert not Keep.select().count()


@pytest.mark.parametrize("freed", ["/data/d0", "/data/dd", "/data/other"])
def test_a_free_job_beside_it_is_no_reason(world: World, rules: Keeps, freed: str) -> None:
    free_job(freed, "running")
    keep(rules, ADA, "/data/d")


@pytest.mark.parametrize("state", ["succeeded", "partial", "failed", "cancelled"])
def test_a_path_is_kept_when_the_free_has_ended(world: World, rules: Keeps, state: str) -> None:
    free_job("/data/d", state)
    keep(rules, ADA, "/data/d")


def test_a_kept_path_gets_no_free_job_and_no_second_one(world: World, rules: Keeps) -> None:
    job(1, "/data")
    before = free_job("/data/d", "failed", uid=1)
    keep(rules, BOB, "/data/d/e")

    with pytest.raises(Kept, match=r"^bob keeps"):
        world.free(ADA, "/data/d", as_job=True)
    with pytest.raises(Kept, match=r"^bob keeps"):
        world.service.retry(ADA, before)


def test_a_free_job_that_an_older_version_made_is_refused_when_it_begins(world: World, rules: Keeps) -> None:
    job(1, "/data")
    keep(rules, BOB, "/data/d")

    with pytest.raises(Kept, match=r"^bob keeps"):
        ownership.require_still_freeable(1, Params.at("/data/d", depth=None))


def test_the_last_look_is_in_the_transaction_that_makes_the_job(world: World, rules: Keeps) -> None:
    keep(rules, BOB, "/data/d")
    params = json.dumps(Params.at("/data/d/e", depth=None).to_json())

    with pytest.raises(orders.Kept):
        orders.insert(orders.NewJob(1, "", int(JobType.FREE), params))
    made, _ = orders.insert(orders.NewJob(1, "", int(JobType.PRELOAD), params))
    assert made.type == JobType.PRELOAD


def test_of_a_keep_and_a_free_job_at_once_one_is_refused(world: World, rules: Keeps) -> None:
    params = json.dumps(Params.at("/data/d", depth=None).to_json())
    free = orders.NewJob(1, "", int(JobType.FREE), params)

    def freeing() -> bool:
        try:
            return orders.insert(free)[1]
        except orders.Kept:
            return False

    def keeping() -> bool:
        try:
            return keeps.put(2, "/data", None, 10)[1]
        except keeps.BeingFreed:
            return False

    for _ in range(10):
        assert sorted(abreast(2, lambda number: (freeing, keeping)[number]())) == [False, True]
        change("DELETE FROM jobs WHERE type = 4")
        change("DELETE FROM keeps")


def test_a_keep_that_is_made_while_files_are_dropped_ends_the_free(
    world: World, rules: Keeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(1, "/data")
    drop = world.engine.drop

    def slow(path: str) -> Any:
        for number, entry in enumerate(drop(path)):
            if number == 0:
                keep(rules, BOB, "/data/d")
                monkeypatch.setattr(free_rules, "FRESH_SECONDS", 0.0)
            yield entry

    monkeypatch.setattr(world.engine, "drop", slow)

    with pytest.raises(Kept, match=r"^bob keeps /data/d"):
        world.free(ADA, "/data/d")
    assert len(world.engine.cache) == len(FILES) - 1


def test_a_keep_that_is_made_while_files_are_listed_lets_none_be_dropped(
    world: World, rules: Keeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(1, "/data")
    walk = world.engine.walk

    def slow(path: str, **asked: Any) -> Any:
        yield from walk(path, **asked)
        keep(rules, BOB, "/data/d")
        monkeypatch.setattr(free_rules, "FRESH_SECONDS", 0.0)

    monkeypatch.setattr(world.engine, "walk", slow)

    with pytest.raises(Kept, match=r"^bob keeps /data/d"):
        world.free(ADA, "/data/d")
    assert len(world.engine.cache) == len(FILES)


def test_the_same_path_again_sets_another_end(world: World, rules: Keeps) -> None:
    first, made = rules.put(ADA, "/data", now() + DAY)
    again, made_again = rules.put(ADA, "/data", now() + HOUR)
    other, made_other = rules.put(BOB, "/data", now() + HOUR)

    assert (made, made_again, made_other) == (True, False, True)
    assert first.keep.id == again.keep.id != other.keep.id
    assert again.keep.until_at is not None
    assert again.keep.until_at < now() + 2 * HOUR
    over(first.keep.id)
    third, _ = rules.put(ADA, "/data", now() + HOUR)
    assert third.keep.id != first.keep.id


def test_a_keep_holds_a_few_seconds_after_it_was_made(world: World, rules: Keeps) -> None:
    held = keep(rules, ADA, "/data")
    found = rules.get(ADA, held)
    assert (found.status, found.user, found.ended_at) == ("starting", "ada", None)
    assert found.holds_at == found.keep.created_at + HOLDS_AFTER_SECONDS

    change("UPDATE keeps SET created_at = {now} - ?", HOLDS_AFTER_SECONDS + 1)
    assert rules.get(ADA, held).status == "active"
    rules.end(ADA, held)
    ended = rules.get(ADA, held)
    assert (ended.status, ended.keep.ended_by) == ("ended", "ada")
    assert ended.ended_at is not None


def test_a_keep_is_ended_by_its_user_or_an_admin_once(world: World, rules: Keeps) -> None:
    held = keep(rules, ADA, "/data")
    with pytest.raises(NotFound):
        rules.end(BOB, held)
    with pytest.raises(NotFound):
        rules.get(BOB, held)
    rules.end(ROOT, held)
    rules.end(ADA, held)
    assert rules.get(ADA, held).keep.ended_by == "root"

    late = keep(rules, ADA, "/data")
    over(late)
    assert rules.end(ADA, late).status == "expired"


def test_users_see_their_own_admins_all_and_everybody_who_keeps_a_path(world: World, rules: Keeps) -> None:
    ours, theirs, beside = keep(rules, ADA, "/data/d"), keep(rules, BOB, "/data/d/e"), keep(rules, BOB, "/data/d0")
    gone = keep(rules, ADA, "/data/d/e")
    rules.end(ADA, gone)

    def ids(caller: Caller, path: str | None = None) -> list[str]:
        return [found.keep.id for found in rules.list_keeps(caller, 10, path=path)[0]]

    assert ids(ADA) == [gone, ours]
    assert ids(ROOT) == [gone, beside, theirs, ours]
    assert ids(ADA, "/data/d") == [theirs, ours]
    assert ids(BOB, "/data/d/e/b") == [theirs, ours]
    assert ids(ADA, "/") == [beside, theirs, ours]
    assert [found.user for found in rules.list_keeps(ADA, 10, path="/data/d")[0]] == ["bob", "ada"]


def test_a_list_of_keeps_has_pages(world: World, rules: Keeps) -> None:
    made = [keep(rules, ADA, f"/data/{number}") for number in range(5)][::-1]
    for path in (None, "/data"):
        first, after = rules.list_keeps(ADA, 2, path=path)
        second, end = rules.list_keeps(ADA, 3, after, path=path)
        assert [found.keep.id for found in (*first, *second)] == made
        assert end is None


def test_a_user_keeps_so_many_paths(world: World, rules: Keeps) -> None:
    few = replace(rules, settings=KeepSettings(keeps_max=2))
    first, _ = keep(few, ADA, "/data/a"), keep(few, ADA, "/data/b")
    with pytest.raises(TooMany, match="you keep 2 paths already"):
        keep(few, ADA, "/data/c")
    keep(few, ADA, "/data/b", 2 * HOUR)
    keep(few, BOB, "/data/c")
    few.end(ADA, first)
    keep(few, ADA, "/data/c")


@pytest.mark.parametrize("seconds", [None, 90 * DAY + 60], ids=["without an end", "too long"])
def test_a_user_keeps_so_long_and_an_admin_as_long_as_wanted(world: World, rules: Keeps, seconds: float | None) -> None:
    with pytest.raises(BadRequest) as refused:
        keep(rules, ADA, "/data", seconds)
    assert "may be 2160h00m from now at most" in refused.value.fields[0].message
    assert refused.value.fields[0].message.startswith("is missing, which is for ever: ") == (seconds is None)
    keep(rules, ROOT, "/data", seconds)
    keep(replace(rules, settings=KeepSettings(keep_longest=0)), ADA, "/data", seconds)


def test_what_is_over_or_nowhere_is_not_kept(world: World, rules: Keeps) -> None:
    with pytest.raises(BadRequest) as refused:
        keep(rules, ROOT, "/data", -1)
    assert [(field.field, field.message) for field in refused.value.fields] == [
        ("until", "is over already; give a time that is to come")
    ]
    with pytest.raises(NoMount):
        keep(rules, ADA, "/elsewhere")


def test_nodes_are_told_of_all_open_keeps(world: World, rules: Keeps, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs, gone = keep(rules, ADA, "/data/d"), keep(rules, ROOT, "/data", None), keep(rules, BOB, "/data/x")
    over(gone)
    found = keeps.all_open()
    assert found is not None
    assert [(held.id, held.uid, held.user, held.path) for held in found] == [
        (ours, 1, "ada", "/data/d"),
        (theirs, 3, "root", "/data"),
    ]
    assert found[0].seconds_left == pytest.approx(HOUR, abs=60)
    assert found[1].seconds_left is None
    monkeypatch.setattr(keeps, "MOST", 1)
    assert keeps.all_open() is None


def test_retention_forgets_keeps_some_time_after_their_end(world: World, rules: Keeps) -> None:
    lasting, fresh, old, ended = (keep(rules, ROOT, f"/data/{name}", HOUR) for name in "abcd")
    over(fresh, 50)
    over(old, 150)
    rules.end(ROOT, ended)
    change("UPDATE keeps SET ended_at = {now} - 150 WHERE id = ?", ended)

    assert keeps.forget(100, 1) == 1
    assert keeps.forget(100, 10) == 1
    assert {each.id for each in Keep.select()} == {lasting, fresh}


def test_names_that_are_not_utf_8_are_kept_as_jobs_show_them(world: World, rules: Keeps) -> None:
    given_path = "/data/\udcff%"
    keep(rules, BOB, given_path)
    assert rules.list_keeps(BOB, 1)[0][0].keep.path == "/data/%FF%25"
    with pytest.raises(Kept):
        ownership.require_freeable(ROOT, given_path, recursive=True)
    ownership.require_freeable(ROOT, "/data/other", recursive=True)
    assert given.user("eve")
