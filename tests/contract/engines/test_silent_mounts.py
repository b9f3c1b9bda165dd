"""Mounts that do not answer: a listing above them names them soon, and lists the rest. The tiers need no mount."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.local.engine import LocalEngine
from avio.engines.local.silent_mounts import ANSWER_SECONDS
from avio.errors import EngineAway, PathNotFound, TooLarge
from tests.contract.engines.listings import engine_of
from tests.processes import slowness
from tests.servers.hostile_s3 import HostileS3, error_xml

UNKNOWN = EntryState.UNKNOWN


@pytest.fixture
def silent() -> Iterator[str]:
    """The endpoint of a store that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def engine(hostile: HostileS3, silent: str, tmp_path: Path) -> LocalEngine:
    """Mounts: /a and /deep/d never answer, /files and /s3 do."""
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket/f").write_bytes(b"1")
    hostile.objects = {b"x": b"12"}
    dead = {"url": "s3://b", "options": {**hostile.options, "endpoint": silent}}
    mounts = {
        "/a": dead,
        "/deep/d": dead,
        "/files": {"url": (tmp_path / "bucket").as_uri()},
        "/s3": {"url": "s3://b", "options": hostile.options},
    }
    tiers = [{"alias": alias, "path": f"{tmp_path}/{alias}", "capacity": 1 << 30} for alias in ("MEM", "SSD")]
    return LocalEngine.from_settings({"mounts": mounts, "tiers": tiers})


def test_a_listing_above_silent_mounts_has_one_limit_and_names_them(engine: LocalEngine) -> None:
    began = time.monotonic()
    page = engine.list("/", depth=1, size=10)

    assert time.monotonic() - began < (ANSWER_SECONDS + 1.5) * slowness()
    assert {entry.path: entry.state for entry in page.entries} == {
        "/a": UNKNOWN,
        "/deep": UNKNOWN,
        "/files": EntryState.REMOTE,
        "/s3": EntryState.REMOTE,
    }
    assert page.unanswered == ["/a", "/deep/d"]
    assert {entry.path: entry.files for entry in page.entries}["/s3"] == 1


def test_a_mount_that_is_silent_shows_what_the_tiers_have_of_it(engine: LocalEngine, tmp_path: Path) -> None:
    fill(tmp_path, "SSD", "a/d/x", "a/z")

    found = {entry.path: entry for entry in engine.list("/", depth=1, size=10).entries}["/a"]

    assert (found.state, found.size, found.files) == (UNKNOWN, None, None)
    assert (found.cached_bytes, found.files_cached, found.tiers) == (6, 2, {"SSD": 6})


def test_a_mount_that_was_waited_for_is_not_waited_for_again(engine: LocalEngine) -> None:
    engine.list("/", depth=1, size=10)
    began = time.monotonic()

    assert engine.list("/", depth=1, size=10).unanswered == ["/a", "/deep/d"]
    assert time.monotonic() - began < ANSWER_SECONDS * slowness()


def test_a_listing_of_all_levels_lists_the_rest(engine: LocalEngine) -> None:
    page = engine.list("/", depth=None, size=10)

    assert [entry.path for entry in page.entries] == ["/a", "/deep", "/deep/d", "/files", "/files/f", "/s3", "/s3/x"]
    assert page.unanswered == ["/a", "/deep/d"]


def test_a_mount_by_itself_is_asked_as_before_and_others_are_not(engine: LocalEngine) -> None:
    began = time.monotonic()
    page = engine.list("/s3", depth=1, size=10)

    assert ([entry.path for entry in page.entries], page.unanswered) == (["/s3/x"], ())
    assert time.monotonic() - began < ANSWER_SECONDS * slowness()


def test_the_sums_above_a_silent_mount_are_refused_soon_by_its_name(engine: LocalEngine) -> None:
    began = time.monotonic()
    with pytest.raises(EngineAway, match="no answer from mount /a, /deep/d"):
        engine.stat("/")
    assert time.monotonic() - began < (ANSWER_SECONDS + 1.5) * slowness()


def test_a_mount_that_refuses_has_answered(hostile: HostileS3, tmp_path: Path) -> None:
    hostile.lie = lambda *_: (403, error_xml("AccessDenied"))

    assert engine_of(hostile, tmp_path, **{"/z": f"file://{tmp_path}"}).list("/", depth=1, size=10).unanswered == []


def fill(tmp_path: Path, tier: str, *names: str) -> None:
    for name in names:
        file = tmp_path / tier / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"123")


def test_the_tiers_are_read_while_the_store_is_silent(engine: LocalEngine, tmp_path: Path) -> None:
    fill(tmp_path, "SSD", "a/d/x", "a/d/e/y", "a/z")
    began = time.monotonic()
    found = engine.cached("/a/d")

    assert time.monotonic() - began < ANSWER_SECONDS * slowness()
    assert (found.state, found.files, found.files_cached, found.tiers) == (UNKNOWN, None, 2, {"SSD": 6})
    assert found.local_path == f"{tmp_path}/SSD/a/d"
    assert engine.cached("/a/d/x").local_path == f"{tmp_path}/SSD/a/d/x"
    assert engine.cached("/").local_path == f"{tmp_path}/SSD"


def test_files_on_two_tiers_have_no_place_and_each_counts_once(engine: LocalEngine, tmp_path: Path) -> None:
    fill(tmp_path, "SSD", "a/x", "a/y")
    fill(tmp_path, "MEM", "a/x")

    found = engine.cached("/a")

    assert (found.files_cached, found.tiers, found.local_path) == (2, {"MEM": 3, "SSD": 3}, None)


def test_what_is_not_cached_and_what_is_too_much_is_refused(engine: LocalEngine, tmp_path: Path) -> None:
    fill(tmp_path, "MEM", "a/x", "a/y")
    assert engine.cached("/a", limit=2).files_cached == 2
    with pytest.raises(TooLarge):
        engine.cached("/a", limit=1)
    for path in ("/a/none", "/none"):
        with pytest.raises(PathNotFound):
            engine.cached(path)


def test_a_mount_is_asked_again_after_a_moment_without_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = {f"/{name}": {"url": tmp_path.as_uri()} for name in ("a", "b")}
    engine = LocalEngine.from_settings({"mounts": mounts, "tiers": []})
    with monkeypatch.context() as crowded:
        crowded.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError):
            engine.list("/", depth=1, size=10)

    assert engine.list("/", depth=1, size=10).unanswered == []


def no_thread(_: threading.Thread) -> None:
    """Fail as the system does when the user may have no more threads."""
    raise RuntimeError("can't start new thread")
