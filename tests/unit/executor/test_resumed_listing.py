"""A listing goes on where the attempt before was killed, at whatever byte of its journal, and each file counts once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.hostile_s3 import HostileS3, Reply, error_xml
from tests.unit.executor import resumed
from tests.unit.executor.resumed import CUTS, KEYS, LISTS, ODD, Lists, made, same


@pytest.fixture
def store() -> Iterator[HostileS3]:
    """A store whose pages are short."""
    with resumed.store() as state:
        yield state


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    resumed.shorten_blocks(monkeypatch)


@pytest.mark.parametrize(
    ("name", "kind"),
    [*((name, "bytes") for name in LISTS), *((name, kind) for name in ODD for kind in ("names", "ignores start"))],
)
def test_a_listing_goes_on_from_any_byte_of_its_journal(name: str, kind: str, store: HostileS3, tmp_path: Path) -> None:
    store.by_names, store.ignores_start = kind == "names", kind == "ignores start"
    lists = made(name, tmp_path, store)
    whole = lists.attempt()
    journal = lists.journal
    assert len(set(whole.files)) == len(whole.files) > 0

    for cut in range(0, len(journal) + 1, len(journal) // CUTS):
        found = lists.attempt(journal[:cut])
        assert same(found, whole), cut
    assert lists.attempt(lists.journal).lists == 0, "the journal went on to the end"


@pytest.mark.parametrize("name", LISTS)
def test_a_listing_that_was_stopped_goes_on_behind_its_last_file(name: str, store: HostileS3, tmp_path: Path) -> None:
    lists = made(name, tmp_path, store)
    whole = lists.attempt()

    first = lists.attempt(stop_after=15)
    second = lists.attempt(lists.journal, stop_after=25)
    third = lists.attempt(lists.journal)

    assert (len(first.files), len(second.files)) == (15, 25)
    assert same(third, whole)


@pytest.mark.parametrize("symlinks", ["follow", "skip"])
def test_a_directory_goes_on_from_any_byte_of_its_journal(symlinks: str, store: HostileS3, tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    for key in [*KEYS, b"set/a/\xff", b"set/\xfe/x"]:
        file = Path(os.fsdecode(bytes(bucket) + b"/" + key))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(key)
    (bucket / "set" / "a" / "link").symlink_to("001.jpg")
    (bucket / "set" / "folder").symlink_to("b")
    os.mkfifo(bucket / "set" / "c" / "fifo")
    lists = Lists(tmp_path, store, None, {"symlinks": symlinks})
    lists.settings["mounts"]["/data"] = {"url": f"file://{bucket}", "options": {}}
    whole = lists.attempt()
    journal = lists.journal
    assert ("/data/set/folder/001.jpg" in whole.files) == (symlinks == "follow")
    assert "/data/set/a/\udcff" in whole.files
    assert "SPECIAL_FILE" in whole.left_out[0]

    for cut in range(0, len(journal) + 1, len(journal) // (2 * CUTS)):
        assert same(lists.attempt(journal[:cut]), whole), cut


def test_only_the_rest_is_listed(store: HostileS3, tmp_path: Path) -> None:
    store.page = 10
    lists = made("tree", tmp_path, store)
    whole = lists.attempt()
    journal = lists.journal

    half = lists.attempt(journal[: len(journal) // 2])
    nothing = lists.attempt(journal)

    assert whole.lists > 20
    assert half.lists <= whole.lists * 0.6
    assert (nothing.lists, same(nothing, whole)) == (0, True)


def test_a_store_that_breaks_off_is_asked_for_the_rest(store: HostileS3, tmp_path: Path) -> None:
    store.page = 10
    lists = made("tree", tmp_path, store)
    whole = lists.attempt()
    journal = lists.journal
    for after, begun in ((None, None), (5, None), (None, journal[: len(journal) // 2])):
        broken: list[int] = []

        def lie(number: int, query: dict[str, str], body: bytes) -> Reply:
            if number % 7 == 0 and len(broken) < 3:  # noqa: B023 - called before the next one
                broken.append(number)  # noqa: B023
                return 403, error_xml("AccessDenied")
            return 200, body

        store.lists, store.lie = 0, lie
        found = lists.attempt(begun, stop_after=after, patient=True)
        store.lie = None
        again = lists.attempt(lists.journal)
        assert same(again, whole)
        if after is None:
            assert same(found, whole)
            assert len(broken) > 0
            assert found.lists <= whole.lists + 2 * len(broken)
            assert again.lists == 0


def test_an_object_that_came_before_the_place_is_not_in_the_job(store: HostileS3, tmp_path: Path) -> None:
    lists = made("tree", tmp_path, store)
    lists.attempt(stop_after=60)
    journal = lists.journal
    store.objects |= {b"set/a/000.new": b"x", b"set/z/new": b"x"}
    del store.objects[b"set/a/000.jpg"]

    found = lists.attempt(journal)

    assert "/data/set/a/000.new" not in found.files
    assert {"/data/set/a/000.jpg", "/data/set/z/new"} <= set(found.files)
