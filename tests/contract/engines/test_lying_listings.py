"""A listing that lies, repeats or breaks off is an error, and never the end of the listing."""

import base64
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avio.engines.local.buckets import objects, pace
from avio.engines.local.buckets.keys import why_no_path
from avio.engines.local.buckets.objects import ObjectsBucket
from avio.errors import BadReply, EngineError, StoreError
from tests.contract.engines.listings import listed, opened
from tests.servers.hostile_s3 import HostileS3, Lie, Reply, error_xml, hostile_s3

HTML = b"<html><head/><body><h1>502 Bad Gateway</h1></body></html>"


def second(reply: Reply) -> Lie:
    """Return `reply` instead of every LIST but the first."""
    return lambda number, _, body: (200, body) if number == 1 else reply


def replaced(old: bytes, new: bytes) -> Lie:
    return lambda number, _, body: (200, body.replace(old, new))


def first_page_again(number: int, query: dict[str, str], body: bytes) -> Reply:
    return 200, body.replace(b"f3", b"f1").replace(b"f4", b"f2")


TOKEN = b"<NextContinuationToken>"
LIES: dict[str, Lie] = {
    "no token": lambda number, _, body: (200, without_token(body)),
    "no IsTruncated": replaced(b"IsTruncated>", b"Istruncated>"),
    "an error": second((200, error_xml("InternalError"))),
    "HTML": second((200, HTML)),
    "HTML with a doctype": second((200, b"<!DOCTYPE html>" + HTML)),
    "nothing": second((200, b"")),
    "half a page": lambda number, _, body: (200, body if number == 1 else body[: len(body) // 2]),
    "an empty answer": second((200, b"<ListBucketResult/>")),
    "the first page again": first_page_again,
    "another bucket": replaced(b"<Name>b<", b"<Name>other<"),
    "another prefix": replaced(b"<Key>d/f5", b"<Key>e/f5"),
    "a size that is none": replaced(b"<Size>1</Size>", b"<Size>-1</Size>"),
    "no time": replaced(b"LastModified>", b"Modified>"),
    "204": second((204, b"")),
    "403": second((403, error_xml("AccessDenied"))),
    "404": second((404, error_xml("NoSuchBucket"))),
    "503": second((503, error_xml("SlowDown"))),
}


def without_token(body: bytes) -> bytes:
    before, _, rest = body.partition(TOKEN)
    return before + rest.partition(b"</NextContinuationToken>")[2]


@pytest.mark.parametrize("without", [["region"], ["access_key_id", "secret_access_key"]], ids=["region", "keys"])
@pytest.mark.parametrize("lie", ["no token", "HTML", "an error", "nothing", "half a page"])
def test_a_lie_is_an_error_for_a_mount_without_region_or_keys_too(
    hostile: HostileS3, lie: str, without: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "JOB", pace.JOB._replace(retry_seconds=0, bad_reply_seconds=0))
    hostile.page, hostile.objects = 2, {b"d/f%d" % number: b"1" for number in range(1, 6)}
    options = {name: text for name, text in hostile.options.items() if name not in without}
    if "region" not in without:
        options["skip_signature"] = "true"
    bucket = ObjectsBucket("s3://b", options)
    assert len(listed(bucket, "d/")[0]) == 5
    hostile.lie, hostile.lists = LIES[lie], 0
    with pytest.raises(EngineError):
        listed(bucket, "d/")


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("ordered", [True, False])
def test_a_lie_is_an_error_and_no_end(
    hostile: HostileS3, lie: str, ordered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "JOB", pace.JOB._replace(retry_seconds=0, bad_reply_seconds=0))
    hostile.page, hostile.objects = 2, {b"d/f%d" % number: b"1" for number in range(1, 6)}
    hostile.lie = LIES[lie]
    with pytest.raises(EngineError) as caught:
        list(opened(hostile).scan("d/", ordered=ordered))
    assert "s3://b" in caught.value.message


@pytest.mark.parametrize("changes", [True, False])
def test_a_listing_that_repeats_ends(hostile: HostileS3, changes: bool) -> None:
    hostile.objects = {b"d/a": b"1"}

    def again(number: int, query: dict[str, str], body: bytes) -> Reply:
        mark = base64.b64encode(b"%d" % (number if changes else 1))
        return 200, body.replace(
            b"<IsTruncated>false", b"<NextContinuationToken>" + mark + b"</NextContinuationToken><IsTruncated>true"
        )

    hostile.lie = again
    with pytest.raises((BadReply, StoreError)):
        list(opened(hostile).scan("d/", ordered=False))
    assert hostile.lists < 10


@pytest.mark.parametrize("body", [b"<html>try later</html>", error_xml("InternalError"), b"{}", b""])
def test_a_page_that_stays_wrong_ends_the_listing_soon(
    hostile: HostileS3, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "JOB", pace.JOB._replace(retry_seconds=0, bad_reply_seconds=1))
    hostile.objects = {b"d/a": b"1"}
    hostile.lie = lambda *_: (200, body)
    with pytest.raises(BadReply, match="s3://b"):
        list(opened(hostile).scan("d/", ordered=False))
    assert hostile.lists > 1  # it asks again, for a second


KEYS = st.one_of(
    st.text(alphabet="ab/.-\x01\né\U0001f600+% &<", min_size=1, max_size=8).map(str.encode),
    st.binary(min_size=1, max_size=6),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.sets(KEYS, max_size=12),
    page=st.integers(1, 5),
    by_names=st.booleans(),
    ordered=st.booleans(),
    lie=st.sampled_from(["", *LIES]),
    at=st.integers(1, 4),
)
def test_every_object_is_listed_or_left_out_by_name_or_there_is_an_error(
    shared: HostileS3, keys: set[bytes], page: int, by_names: bool, ordered: bool, lie: str, at: int
) -> None:
    shared.objects = dict.fromkeys(keys, b"1")
    shared.page, shared.by_names, shared.lists = page, by_names, 0
    shared.lie = (
        (lambda number, query, body: LIES[lie](number, query, body) if number >= at else (200, body)) if lie else None
    )
    left: list[str] = []
    bucket = opened(shared, separator="\0" if by_names else "/")
    try:
        found = [each.key for each in bucket.scan("", ordered=ordered, leave_out=lambda key, _: left.append(key))]
    except EngineError:
        assert lie
        return
    texts = {key.decode("utf-8", "surrogateescape") for key in keys if not key.startswith(b".avio/")}
    assert sorted([*found, *left]) == sorted(texts)
    assert all(why_no_path(key) is None for key in found)


@pytest.fixture(scope="module")
def shared() -> Iterator[HostileS3]:
    with hostile_s3() as state, pytest.MonkeyPatch.context() as patch:
        patch.setattr(objects, "JOB", pace.JOB._replace(retry_seconds=0, bad_reply_seconds=0))
        yield state
