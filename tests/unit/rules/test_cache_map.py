"""The map of a tier: who brought what, by the times at which copies came; sums that stay within bounds."""

import json

import pytest

from avio.db.cache_maps import PreloadRow
from avio.engines.survey import Surveyed
from avio.rules import cache_map
from avio.rules.cache_map import UNKNOWN, WRITTEN, CacheMap, Origin, Origins, Sums, build, cut

SECOND = 1_000_000_000


def copy(path: str, second: int = 1000, *, size: int = 10, is_read: bool | None = False) -> Surveyed:
    """A copy that a preload brought."""
    return Surveyed(path, size, 7, second * SECOND, is_read)


def preload(job: str, uid: int, path: str | None, began: float = 900.0, ended: float | None = 1100.0) -> PreloadRow:
    return PreloadRow(job, uid, path, began, ended)


@pytest.mark.parametrize(
    ("preloads", "origin"),
    [
        ([preload("j", 1, "/d")], Origin(1, "j")),
        ([preload("j", 1, "/d/a/f")], Origin(1, "j")),
        ([preload("j", 1, "/")], Origin(1, "j")),
        ([preload("j", 1, None)], Origin(1, "j")),
        ([preload("j", 1, "/d", ended=None)], Origin(1, "j")),
        ([preload("j", 1, "/d/b")], UNKNOWN),
        ([preload("j", 1, "/d/a/ff")], UNKNOWN),
        ([preload("j", 1, "/d", ended=990.0)], UNKNOWN),
        ([preload("j", 1, "/d", began=1010.0)], UNKNOWN),
        ([preload("j", 1, "/d", ended=998.5)], Origin(1, "j")),  # the clocks differ a little
        ([preload("j", 1, "/d", began=1002.5)], Origin(1, "j")),
        ([], UNKNOWN),
        ([preload("j", 1, "/d"), preload("k", 1, "/d/a")], Origin(1, None)),
        ([preload("j", 1, "/d"), preload("k", 2, "/d/a")], UNKNOWN),
        ([preload("j", 1, "/d"), preload("k", 2, None)], UNKNOWN),
        ([preload("j", 1, "/d"), preload("k", 2, "/d/a", began=1200.0, ended=1300.0)], Origin(1, "j")),
    ],
)
def test_a_copy_is_of_the_job_that_ran_when_it_came(preloads: list[PreloadRow], origin: Origin) -> None:
    assert Origins(preloads).of(copy("/d/a/f")) == origin


def test_files_of_one_directory_may_come_with_different_jobs() -> None:
    origins = Origins(
        [preload("j", 1, "/d", 100.0, 200.0), preload("k", 2, "/d", 300.0, 400.0), preload("m", 3, "/d/x")]
    )
    found = [origins.of(copy(f"/d/{second}", second)).job for second in (150, 350, 150, 250)]
    assert found == ["j", "k", "j", None]
    assert origins.of(copy("/d/x", 1000)) == Origin(3, "m")


def test_what_came_before_all_jobs_are_known_has_no_origin() -> None:
    origins = Origins([preload("j", 1, "/d")], known_from=1000.0)
    assert origins.of(copy("/d/f", 1000)) == UNKNOWN
    assert origins.of(copy("/d/f", 1001)) == Origin(1, "j")


def test_what_programs_wrote_and_what_nobody_knows() -> None:
    origins = Origins([preload("j", 1, "/")])
    assert origins.of(Surveyed("/d/f", 1, 5, is_written=True)) == WRITTEN
    assert origins.of(Surveyed("/d/f", 1, 5, is_unsaved=True)) == WRITTEN
    assert origins.of(Surveyed("/d/f", 1, 5)) == UNKNOWN


def test_sums_tell_what_was_never_read_and_what_nobody_knows() -> None:
    files = [
        copy("/d/a/1", size=1),
        copy("/d/a/2", size=2, is_read=True),
        copy("/d/a/3", size=4, is_read=None),
        Surveyed("/d/a/4", 8, 5),
        Surveyed("/d/a/5", 16, 5, is_written=True),
        Surveyed("/d/a/6", 32, 9 * SECOND, is_unsaved=True),
        Surveyed("/d/a/7", 64, 8 * SECOND, is_unsaved=True),
    ]
    found = build(files, Origins([preload("j", 1, "/d")]))
    assert found.rows == {
        ("/d/a", Origin(1, "j")): Sums(3, 7, unread=1, unsure=4),
        ("/d/a", UNKNOWN): Sums(1, 8, unsure=8),
        ("/d/a", WRITTEN): Sums(3, 112, unsaved_files=2, unsaved=96, oldest=8.0),
    }
    assert CacheMap.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_map_has_few_rows_however_many_directories_and_loses_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_map, "MAX_ROWS", 20)
    files = [copy(f"/d/{a}/{b}/{c}/f") for a in range(5) for b in range(6) for c in range(7)]
    found = build(files, Origins([preload("j", 1, "/d")]))
    assert found.depth == 2
    assert found.rows == {(f"/d/{a}", Origin(1, "j")): Sums(42, 420, unread=420) for a in range(5)}


def test_with_very_many_jobs_a_map_has_users_alone_and_with_very_many_roots_one_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache_map, "MAX_ROWS", 10)
    jobs = [preload(f"j{at}", 1, f"/d/{at}", at * 100, at * 100 + 10) for at in range(1, 60)]
    found = build([copy(f"/d/{at}/f", at * 100 + 5) for at in range(1, 60)], Origins(jobs))
    assert found.rows == {("/d", Origin(1, None)): Sums(59, 590, unread=590)}

    many = build([copy(f"/{at}/f") for at in range(60)], Origins([]))
    assert (many.depth, many.rows) == (0, {("/", UNKNOWN): Sums(60, 600, unread=600)})


def test_a_survey_that_is_given_up_says_so() -> None:
    found = build((copy(f"/d/{number}") for number in range(1000)), Origins([]), give_up=lambda: True)
    assert not found.is_whole
    assert next(iter(found.rows.values())).files == 256


@pytest.mark.parametrize(
    ("directory", "depth", "expected"),
    [("/a/b/c", 2, "/a/b"), ("/a", 2, "/a"), ("", 2, "/"), ("/", 1, "/"), ("/a/b", 0, "/")],
)
def test_a_directory_is_cut(directory: str, depth: int, expected: str) -> None:
    assert cut(directory, depth) == expected
