"""Who fills the cache: surveys by one node each, the preloads that may have brought copies, and what a caller sees."""

import json
from typing import Any

import pytest

from avio.db import cache_maps, orders, tiers
from avio.db.sql import change, now, rows
from avio.engines.survey import Surveyed
from avio.errors import BadRequest, EngineAway, Unsupported
from avio.rules.cache_map import Origins, build
from avio.rules.callers import Caller
from avio.rules.top import Answer, Asked, Top
from avio.wire.params import Params
from avio.wire.top import By, Came
from supervisor.intake import survey as surveys
from supervisor.intake.survey import Surveyor
from tests.contract.db import given
from tests.contract.db.concurrent import abreast

ADA = Caller(1, "ada", False)
SECOND = 1_000_000_000


@pytest.fixture(autouse=True)
def _users(db: str) -> None:
    for name in ("ada", "bob"):
        given.user(name)


def preload(uid: int, path: str | None, began: float, ended: float | None, **columns: Any) -> str:
    state = "succeeded" if ended else "queued"
    return given.job(uid, path=path, started_at=began, finished_at=ended, state=state, **columns)


def survey() -> list[Surveyed]:
    """What a tier has: of Ada, of Bob, of a program, and of nobody."""
    return [
        Surveyed("/data/a/1", 100, 5, 1000 * SECOND, is_read=False),
        Surveyed("/data/a/x/2", 30, 5, 1000 * SECOND, is_read=True),
        Surveyed("/data/b/3", 50, 5, 2000 * SECOND, is_read=None),
        Surveyed("/data/b/4", 7, 9 * SECOND, is_unsaved=True),
        Surveyed("/models/5", 1, 5),
    ]


@pytest.fixture
def jobs() -> tuple[str, str]:
    return preload(1, "/data/a", 990.0, 1010.0), preload(2, "/data", 1990.0, 2010.0)


def look(by: By = By.PREFIX, path: str = "/", depth: int = 1, tier: str | None = None, size: int = 10) -> Answer:
    return Top(lambda: ["SSD"], ["/", "/data"]).look(ADA, Asked(by, path, depth, tier, size))


def by_path(answer: Answer) -> dict[str | None, int]:
    return {line.path: line.sums.bytes for line in answer.lines}


@pytest.mark.usefixtures("jobs")
def test_directories_users_jobs_and_mounts(jobs: tuple[str, str]) -> None:
    Surveyor("n1", {"SSD": lambda: iter(survey())}).look()

    found = look()
    assert by_path(found) == {"/data": 187, "/models": 1}
    assert (found.total.bytes, found.total.files, found.total.unread, found.total.unsure) == (188, 5, 100, 51)
    assert by_path(look(depth=2)) == {"/data/a": 130, "/data/b": 57, "/models": 1}
    assert by_path(look(path="/data/a")) == {"/data/a": 100, "/data/a/x": 30}
    assert by_path(look(By.MOUNT)) == {"/data": 187, "/": 1}
    (unsaved, _) = look(By.MOUNT).lines
    assert (unsaved.sums.unsaved_files, unsaved.sums.unsaved, unsaved.sums.oldest) == (1, 7, 9.0)

    users = look(By.USER).lines
    assert [(line.came, line.user, line.sums.bytes) for line in users] == [
        (Came.PRELOADED, "ada", 130),
        (Came.PRELOADED, "bob", 50),
        (Came.WRITTEN, None, 7),
        (Came.UNKNOWN, None, 1),
    ]
    first, second, *_ = look(By.JOB).lines
    assert [(line.job, line.user, line.name, line.path) for line in (first, second)] == [
        (jobs[0], "ada", "load", "/data/a"),
        (jobs[1], "bob", "load", "/data"),
    ]
    change("DELETE FROM jobs WHERE id = ?", jobs[0])
    assert (look(By.JOB).lines[0].job, look(By.JOB).lines[0].path) == (jobs[0], None)


@pytest.mark.usefixtures("jobs")
def test_the_largest_rows_are_shown_and_the_others_summed_up() -> None:
    Surveyor("n1", {"SSD": lambda: iter(survey())}).look()
    found = look(depth=2, size=1)
    assert (by_path(found), found.other_lines, found.others.bytes, found.total.bytes) == ({"/data/a": 130}, 2, 58, 188)
    assert found.is_whole


def test_what_was_not_surveyed_or_not_so_deeply_is_no_whole() -> None:
    found = look()
    assert (found.lines, found.is_whole, found.surveys[0].taken_at) == ([], False, None)

    made = build(survey(), Origins([]))
    made.depth = 1
    made._fold(lambda path, origin: ("/" + path.split("/")[1], origin))
    cache_maps.begin("SSD", "n1", 10)
    cache_maps.store("SSD", "n1", made.to_json(), 1.0, 60)
    assert look().is_whole
    assert not look(path="/data/a").is_whole
    assert look(path="/other/a").is_whole
    made.is_whole = False
    cache_maps.store("SSD", "n1", made.to_json(), 1.0, 60)
    assert not look().is_whole


def test_an_engine_without_surveys_and_a_tier_that_is_not_there() -> None:
    with pytest.raises(Unsupported):
        Top(list, []).look(ADA, Asked(By.USER, "/", 1, None, 10))
    with pytest.raises(BadRequest) as refused:
        look(tier="HDD")
    assert refused.value.fields[0].message == "no such tier; the tiers are SSD"


def test_of_several_nodes_one_surveys_a_tier_that_is_due() -> None:
    assert sorted(abreast(4, lambda number: cache_maps.begin("SSD", f"n{number}", 100.0))) == [False] * 3 + [True]
    assert not cache_maps.begin("SSD", "n1", 100.0)
    change("UPDATE cache_maps SET due_at = {now} - 1")
    assert cache_maps.begin("SSD", "n9", 100.0)
    assert cache_maps.taken() == []


def test_a_node_that_was_taken_for_dead_changes_nothing() -> None:
    cache_maps.begin("SSD", "n1", 0.0)
    assert cache_maps.begin("SSD", "n2", 60.0)
    cache_maps.store("SSD", "n1", {"rows": []}, 1.0, 60.0)
    assert cache_maps.taken() == []
    cache_maps.store("SSD", "n2", {"rows": [1]}, 2.0, 60.0)
    (found,) = cache_maps.taken()
    assert (found.node, found.took, found.map) == ("n2", 2.0, {"rows": [1]})
    assert found.taken_at == pytest.approx(now() - 2, abs=30)


def test_the_next_survey_comes_after_a_rest_that_is_long_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "MIN_REST_SECONDS", 50.0)
    calls: list[int] = []

    def slow() -> Any:
        calls.append(1)
        monkeypatch.setattr(surveys.time, "monotonic", lambda: began + 3.0)
        yield from survey()

    began = surveys.time.monotonic()
    surveyor = Surveyor("n1", {"SSD": slow})
    surveyor.look()
    surveyor.look()
    assert len(calls) == 1
    ((due,),) = [tuple(row) for row in _due()]
    assert due == pytest.approx(now() + 300, abs=60)


def _due() -> list[Any]:
    return rows("SELECT due_at FROM cache_maps")


def test_a_tier_that_fails_keeps_no_other_from_its_survey(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> Any:
        raise EngineAway("its disk is gone")
        yield

    Surveyor("n1", {"HDD": fails, "SSD": lambda: iter(survey())}).look()
    assert [found.tier for found in cache_maps.taken()] == ["SSD"]
    assert "tier not surveyed" in caplog.text


def test_preloads_are_those_that_began_each_with_its_paths() -> None:
    ended, running = preload(1, "/a", 10.0, 20.0), preload(2, "/b", 30.0, None)
    given.job(1)
    params = Params(None, paths=("/c", "/d%FF"), alluxio_uri_encoded=True)
    several, _ = orders.insert(orders.NewJob(1, "", 1, json.dumps(params.to_json())))
    given.set_row(several.id, started_at=5.0, finished_at=6.0, state="failed")
    save, _ = orders.insert(orders.NewJob(1, "", 2, '{"alluxioUri": "/a"}'))
    given.set_row(save.id, started_at=5.0, finished_at=6.0, state="failed")
    listed = preload(1, None, 7.0, 8.0, list_id=given.file_list(1))

    found, known_from = cache_maps.preloads()
    assert {(each.job, each.uid, each.path, each.began, each.ended) for each in found} == {
        (ended, 1, "/a", 10.0, 20.0),
        (running, 2, "/b", 30.0, None),
        (several.id, 1, "/c", 5.0, 6.0),
        (several.id, 1, "/d%FF", 5.0, 6.0),
        (listed, 1, None, 7.0, 8.0),
    }
    assert known_from == 0.0
    newest, known_from = cache_maps.preloads(1)
    assert ({each.job for each in newest}, known_from) == ({ended, running}, 20.0)


def test_the_map_of_a_tier_goes_with_its_disk() -> None:
    tiers.register("SSD", "id")
    cache_maps.begin("SSD", "n1", 10.0)
    tiers.forget("SSD")
    assert _due() == []
