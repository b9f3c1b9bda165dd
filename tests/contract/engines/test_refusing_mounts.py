"""Mounts that refuse: a listing above them names them with the reason, and lists the rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import EntryState, Page
from avio.engines.local.buckets.s3_list_xml import Row
from avio.engines.local.engine import LocalEngine
from avio.errors import AccessDenied, EngineError
from tests.contract.engines.listings import engine_of
from tests.servers.hostile_s3 import HostileS3, error_xml


@pytest.fixture
def engine(hostile: HostileS3, tmp_path: Path) -> LocalEngine:
    """Mounts: /s3 refuses, /a, /s3/in and /z do not."""
    for name in ("a", "in", "z"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_bytes(b"1")
    hostile.lie = lambda *_: (403, error_xml("AccessDenied"))
    urls = {path: (tmp_path / path.rpartition("/")[2]).as_uri() for path in ("/a", "/s3/in", "/z")}
    return engine_of(hostile, tmp_path, **urls)


def names(page: Page) -> list[str]:
    return [entry.path for entry in page.entries]


REST = ["/a", "/a/f", "/s3", "/s3/in", "/s3/in/f", "/z", "/z/f"]


@pytest.mark.parametrize("depth", [None, 3])
def test_the_rest_is_listed_and_the_refusal_is_named(engine: LocalEngine, depth: int | None) -> None:
    page = engine.list("/", depth=depth, size=100)

    assert names(page) == REST
    assert page.after is None
    assert {path: type(error) for path, error in page.refused.items()} == {"/s3": AccessDenied}
    states = {entry.path: (entry.state, entry.size) for entry in page.entries}
    assert states["/s3"] == (EntryState.UNKNOWN, None)
    assert states["/a"] == (EntryState.REMOTE, 1)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_pages_of_any_size_have_it_once(engine: LocalEngine, size: int) -> None:
    found: list[str] = []
    refused: set[str] = set()
    after = None
    while True:
        page = engine.list("/", depth=None, size=size, after=after)
        found += names(page)
        refused |= page.refused.keys()
        if (after := page.after) is None:
            break
    assert found == REST
    assert refused == {"/s3"}


def test_cached_files_of_a_mount_that_refuses_are_not_called_unsaved(engine: LocalEngine, tmp_path: Path) -> None:
    cached = tmp_path / "mem/s3/d/x"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"123")

    page = engine.list("/", depth=None, size=100)

    assert names(page) == REST
    [entry] = [entry for entry in page.entries if entry.path == "/s3"]
    assert (entry.state, entry.cached_bytes) == (EntryState.UNKNOWN, 3)


def test_a_mount_that_refuses_in_the_middle_is_named(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def runs(*_: object, **__: object) -> Iterator[list[Row]]:
        yield [("d/x", 1, 0, '"etag"')]
        raise AccessDenied("no more")

    monkeypatch.setattr(engine._mounts.find("/s3/x").bucket, "runs", runs)

    page = engine.list("/", depth=None, size=100)

    assert page.refused.keys() == {"/s3"}
    assert names(page) == [*REST[:3], "/s3/d", "/s3/d/x", *REST[3:]]
    states = {entry.path: entry.state for entry in page.entries}
    assert [states[path] for path in ("/s3", "/s3/d", "/s3/d/x")] == [EntryState.UNKNOWN] * 2 + [EntryState.REMOTE]
    assert states["/s3/in"] is EntryState.REMOTE


def test_the_mount_of_the_path_itself_ends_the_listing(engine: LocalEngine) -> None:
    for depth in (None, 1):
        with pytest.raises(AccessDenied):
            engine.list("/s3", depth=depth, size=100)


def test_what_one_level_needs_not_ask_is_not_named(engine: LocalEngine) -> None:
    page = engine.list("/", depth=1, size=100)
    assert (names(page), dict(page.refused)) == (["/a", "/s3", "/z"], {})


def test_a_tier_that_refuses_ends_the_listing(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def runs(*_: object) -> object:
        raise PermissionError
        yield

    monkeypatch.setattr("avio.engines.local.joined_view.runs", runs)
    with pytest.raises(EngineError, match="tier MEM"):
        engine.list("/", depth=None, size=100)
