"""The journal of a listing: when it is not used, and what a damaged file or a full disk costs."""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.local.engine import LocalEngine
from avio.executor import listing_journal
from avio.executor.journal_blocks import Mark, whole_block
from tests.servers.hostile_s3 import HostileS3
from tests.unit.executor import resumed
from tests.unit.executor.resumed import CUTS, Lists, made, same


@pytest.fixture
def store() -> Iterator[HostileS3]:
    """A store whose pages are short."""
    with resumed.store() as state:
        yield state


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    resumed.shorten_blocks(monkeypatch)


def header(journal: bytes) -> list[Any]:
    line: list[Any] = orjson.loads(journal.partition(b"\n")[0])
    return line


def with_header(journal: bytes, line: list[Any]) -> bytes:
    """Return a journal with another header, and the checksum for it."""
    lines = journal.split(b"\n")
    end = next(number for number, each in enumerate(lines) if each.startswith(b'["=",'))
    block = [orjson.dumps(line) + b"\n", *(each + b"\n" for each in lines[1:end])]
    return whole_block(block, Mark(*orjson.loads(lines[end])[2:])) + b"\n".join(lines[end + 1 :])


def test_a_journal_of_another_version_or_order_or_of_long_ago_is_not_used(
    store: HostileS3, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lists = made("tree", tmp_path, store)
    whole = lists.attempt()
    journal = lists.journal
    magic, form, of, begun = header(journal)
    old = int(time.time()) - 25 * 3600
    assert lists.attempt(with_header(journal, [magic, form, of, begun])).lists == 0

    for line, why in (
        ([magic, form + 1, of, begun], "its format is"),
        ([magic, form, "0" * 32, begun], "of another order"),
        ([magic, form, of, old], "it was begun"),
        ([magic, form, of, begun + 3600], "it was begun"),
        (["else", form, of, begun], "damaged"),
        ([], "damaged"),
    ):
        caplog.clear()
        found = lists.attempt(with_header(journal, line))
        assert (found.lists, same(found, whole)) == (whole.lists, True), line
        assert why in caplog.text
        assert lists.attempt(lists.journal).lists == 0, "a new journal was begun"


@pytest.mark.parametrize("other", [{"depth": 1}, {"filters": ("- *.txt",)}, {"alluxio_uri": "/data/set/a"}])
def test_a_journal_of_other_params_is_not_used(other: dict[str, Any], store: HostileS3, tmp_path: Path) -> None:
    lists = made("tree", tmp_path, store)
    lists.attempt()
    journal = lists.journal

    found = lists.attempt(journal, **other)

    assert same(found, lists.attempt(**other))
    assert found.lists > 0


def test_a_journal_of_other_mounts_is_not_used(store: HostileS3, tmp_path: Path) -> None:
    lists = made("tree", tmp_path, store)
    lists.attempt()
    journal = lists.journal
    del lists.settings["mounts"]["/data/set/nested"]

    assert "/data/set/nested/hidden" in lists.attempt(journal).files


def test_a_list_in_a_bucket_that_changed_is_listed_again(store: HostileS3, tmp_path: Path) -> None:
    store.objects[b"list"] = b"/data/set/a/001.jpg\n/data/set/c\n"
    lists = Lists(tmp_path, store, None, {"alluxio_uri": None, "from_file_list": True, "file_list_path": "/data/list"})
    first = lists.attempt()
    journal = lists.journal
    assert lists.attempt(journal).files == first.files

    store.objects[b"list"] = b"/data/set/a/002.jpg\n/data/set/c\n"

    assert lists.attempt(journal).files[:1] == ["/data/set/a/002.jpg"]


@pytest.mark.parametrize("damage", [b"\0", b"x", b"\n"])
def test_what_a_damaged_journal_says_behind_the_damage_counts_for_nothing(
    damage: bytes, store: HostileS3, tmp_path: Path
) -> None:
    lists = made("tree", tmp_path, store)
    whole = lists.attempt()
    journal = lists.journal

    for at in range(0, len(journal), len(journal) // CUTS):
        found = lists.attempt(journal[:at] + damage * 5 + journal[at + 5 :])
        assert same(found, whole), at


def test_a_full_disk_costs_the_journal_and_not_the_job(
    store: HostileS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lists = made("tree", tmp_path, store)
    whole = lists.attempt()
    write = os.pwrite
    written: list[bytes] = []

    def full(fd: int, data: bytes, offset: int) -> int:
        if len(written) == 3:
            write(fd, data[:10], offset)
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(data)
        return write(fd, data, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        found = lists.attempt()

    assert same(found, whole)
    assert "the listing is not noted" in caplog.text
    assert lists.journal == b""
    again = lists.attempt(lists.journal)
    assert (again.lists, same(again, whole)) == (whole.lists, True)


def test_a_disk_that_is_nearly_full_is_left_to_the_worklist(
    store: HostileS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lists = made("tree", tmp_path, store)
    whole = lists.attempt()
    monkeypatch.setattr(listing_journal, "MIN_FREE_BYTES", 1 << 62)

    assert same(lists.attempt(), whole)
    assert lists.journal == b""
    assert "bytes free" in caplog.text


def test_a_long_journal_ends_and_the_rest_is_listed(
    store: HostileS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = made("tree", tmp_path, store)
    whole = lists.attempt()
    monkeypatch.setattr(listing_journal, "MAX_BYTES", len(lists.journal) // 2)

    lists.attempt()
    noted = lists.journal
    found = lists.attempt(noted)

    assert 0 < len(noted) <= listing_journal.MAX_BYTES
    assert 0 < found.lists < whole.lists
    assert same(found, whole)


@pytest.mark.parametrize("there", ["symlink", "fifo", "directory", "unreadable"])
def test_what_is_no_plain_file_is_not_read(
    there: str, store: HostileS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = made("tree", tmp_path, store)
    whole = lists.attempt()
    shutil.copy(lists.directory / "listing", tmp_path / "elsewhere")
    found_at = lists._home / "2" / "listing"
    make = Path.mkdir

    def mkdir(path: Path, *rest: Any, **options: Any) -> None:
        make(path, *rest, **options)
        if path == found_at.parent:
            if there == "symlink":
                found_at.symlink_to(tmp_path / "elsewhere")
            elif there == "fifo":
                os.mkfifo(found_at)
            elif there == "directory":
                make(found_at)
            else:
                shutil.copy(tmp_path / "elsewhere", found_at)
                monkeypatch.setattr(listing_journal, "read_line", _eio)

    monkeypatch.setattr(Path, "mkdir", mkdir)

    found = lists.attempt()

    assert (found.lists, same(found, whole)) == (whole.lists, True)
    assert (tmp_path / "elsewhere").stat().st_size > 0


def _eio(_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_a_journal_is_private(store: HostileS3, tmp_path: Path) -> None:
    lists = made("tree", tmp_path, store)
    lists.attempt()

    assert (lists.directory / "listing").stat().st_mode & 0o777 == 0o600


def test_the_local_engine_resumes() -> None:
    assert LocalEngine.resumes


def test_alluxio_does_not_since_its_workers_would_load_another_version_than_was_listed() -> None:
    assert not AlluxioEngine.resumes
