"""A listing is complete only if the store said so, and an object that can't be a file never hides its neighbours."""

import pytest

from avio.engines.base import EntryState, Side
from avio.engines.local.buckets import pace
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.errors import AccessDenied, EngineAway
from tests.contract.engines.listings import engine_of, listed, opened
from tests.servers.hostile_s3 import HostileS3, error_xml


@pytest.mark.parametrize(
    "odd",
    [
        b"d//b",
        b"d/./b",
        b"d/../b",
        b"d/new\nline",
        b"d/\x01",
        b"/lead",
        b"d/\xff",
        b"d/full/",
        b"d/" + b"x" * 256,
        b"d//",
    ],
)
@pytest.mark.parametrize("encodes", [True, False])
def test_an_odd_key_is_left_out_by_name_and_its_neighbours_are_listed(
    hostile: HostileS3, odd: bytes, encodes: bool
) -> None:
    hostile.objects, hostile.encodes = {b"d/a": b"1", odd: b"2", b"d/z": b"3"}, encodes
    keys, left = listed(opened(hostile))
    assert keys == ["d/a", "d/z"]
    assert len(left) == 1
    if encodes:
        assert left[0].encode("utf-8", "surrogateescape") == odd


def test_markers_of_folders_are_no_files_but_folders(hostile: HostileS3) -> None:
    hostile.objects = {b"d/": b"", b"d/a": b"1", b"d/empty/": b"", b".avio/x": b"1"}
    bucket = opened(hostile)
    assert listed(bucket) == (["d/a"], [])
    assert bucket.has_directory("d/empty")
    assert not bucket.has_directory("d/a")


def test_a_key_that_is_a_folder_too_is_left_out_by_name(hostile: HostileS3) -> None:
    hostile.objects = {b"a": b"1", b"a-x": b"1", b"a/b": b"1", b"e": b"", b"e/f": b"1"}
    assert listed(opened(hostile)) == (["a-x", "a/b", "e/f"], ["a"])


def test_a_mounted_folder_lists_its_own_keys(hostile: HostileS3) -> None:
    hostile.objects = {b"pre/": b"", b"pre/a b+c%20": b"1", b"pre/d/e": b"1", b"prefix": b"1"}
    assert listed(opened(hostile, "s3://b/pre")) == (["a b+c%20", "d/e"], [])


@pytest.mark.parametrize("by_names", [True, False])
def test_one_level_is_listed_without_what_is_below(hostile: HostileS3, by_names: bool) -> None:
    hostile.by_names, hostile.page = by_names, 2
    hostile.objects = dict.fromkeys((b"a", b"d-", b"d/a", b"d/b", b"d/c/d", b"e/f", b"g"), b"1")
    bucket = opened(hostile)
    assert sorted(listed(bucket, depth=1)[0]) == ["a", "d-", "g"]
    assert sorted(listed(bucket, depth=2)[0]) == ["a", "d-", "d/a", "d/b", "e/f", "g"]


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_a_key_that_is_a_folder_too_is_left_out_on_whatever_page_its_files_are(hostile: HostileS3, page: int) -> None:
    hostile.objects = {b"k": b"1", b"k-0": b"1", b"k-1": b"1", b"k/a": b"1", b"k/b": b"1", b"m": b"1", b"m-": b"1"}
    hostile.page = page
    assert listed(opened(hostile)) == (["k-0", "k-1", "k/a", "k/b", "m", "m-"], ["k"])


def test_an_empty_object_of_a_folders_name_hides_no_file(hostile: HostileS3, tmp_path: object) -> None:
    hostile.objects = {b"d": b"", b"d/a": b"1", b"e": b""}
    engine = engine_of(hostile, tmp_path)
    assert [entry.path for entry in engine.walk("/s3/d", depth=None, side=Side.BUCKET)] == ["/s3/d/a"]
    assert engine.stat("/s3/d").kind == "directory"
    assert engine.stat("/s3/e").kind == "file"


def test_empty_pages_are_no_end(hostile: HostileS3) -> None:
    hostile.objects = {b"a": b"1", b"b": b"1"}
    empty = (
        b"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>AA==</NextContinuationToken>"
        b"</ListBucketResult>"
    )
    hostile.lie = lambda number, query, body: (200, body if "continuation-token" in query else empty)
    assert listed(opened(hostile)) == (["a", "b"], [])


def test_a_store_that_ignores_where_to_begin_loses_nothing(hostile: HostileS3) -> None:
    hostile.objects, hostile.ignores_start, hostile.page = {b"f%d" % number: b"1" for number in range(9)}, True, 2
    assert [row[0] for run in opened(hostile).runs("", "f4") for row in run] == ["f5", "f6", "f7", "f8"]


def test_a_listing_begins_after_a_name_that_no_store_can_hold(hostile: HostileS3) -> None:
    hostile.objects = {b"a": b"1", b"b/c": b"1", b"b/\xc3\xa9": b"1", b"c": b"1"}
    keys = [row[0] for run in opened(hostile).runs("", "b/\udcc2") for row in run]
    assert keys == ["b/é", "c"]
    assert list(opened(hostile).runs("b\udcff/")) == []


def test_a_key_that_may_list_but_not_ask_finds_directories_and_files(hostile: HostileS3) -> None:
    hostile.objects = {b"d/a": b"12"}
    hostile.refuse = lambda method, key: (403, b"") if method == "HEAD" else None
    bucket = opened(hostile)
    assert bucket.head("d") is None
    found = bucket.head("d/a")
    assert found is not None
    assert found.size == 2
    hostile.lie = lambda *_: (403, error_xml("RequestTimeTooSkewed", "the clocks differ"))
    with pytest.raises(AccessDenied, match="the clocks differ"):
        bucket.head("d/a")


def test_a_session_token_is_sent_and_signed(hostile: HostileS3) -> None:
    hostile.objects = {b"a": b"1"}
    bucket = ObjectsBucket("s3://b", {**hostile.options, "session_token": "t0"})
    assert listed(bucket) == (["a"], [])


def test_pages_of_a_slow_store_go_on_from_the_last_key(
    hostile: HostileS3, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avio.engines.local.listings.PAGE_SECONDS", 0.3)
    hostile.objects, hostile.page, hostile.seconds = {b"d/f%02d" % number: b"1" for number in range(40)}, 5, 0.1
    engine = engine_of(hostile, tmp_path)
    paths: list[str] = []
    after: str | None = None
    while True:
        page = engine.list("/s3/d", depth=1, size=1000, after=after)
        paths += [entry.path for entry in page.entries]
        after = page.after
        if after is None:
            break
    assert paths == [f"/s3/d/f{number:02d}" for number in range(40)]
    assert hostile.lists <= 20


def test_a_dead_mount_leaves_the_others_listed(hostile: HostileS3, tmp_path: object) -> None:
    mounts = {"/a": "file:///nowhere/at/all", "/z": f"file://{tmp_path}"}
    hostile.lie = lambda *_: (403, error_xml("AccessDenied"))
    engine = engine_of(hostile, tmp_path, **mounts)
    page = engine.list("/", depth=1, size=10)
    assert [entry.path for entry in page.entries] == ["/a", "/s3", "/z"]
    assert [entry.state is EntryState.UNKNOWN for entry in page.entries][:2] == [True, True]
    with pytest.raises(AccessDenied):
        engine.list("/s3", depth=1, size=10)


def test_a_job_waits_for_a_page_that_a_task_would_give_up(hostile: HostileS3) -> None:
    hostile.objects, hostile.seconds = {b"a": b"1"}, 1.0
    bucket = opened(hostile)
    quick = pace.TASK._replace(page_seconds=0.3, retry_seconds=0)
    with pytest.raises(EngineAway, match="no answer in time"):
        list(bucket.runs("", "", quick))
    assert listed(bucket) == (["a"], [])
