"""The pages that are read by one search give what an XML parser reads in them; all others are left to the parser."""

from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avio.engines.local.buckets import s3_list_xml
from avio.engines.local.buckets.s3_list_xml import ListPage, NotAListing, read_page
from avio.engines.local.buckets.s3_usual_page import split_page

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>b</Name><Prefix></Prefix><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
)
FOOT = "<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes></ListBucketResult>"
REST = "<StorageClass>STANDARD</StorageClass>"


def an_object(key: str, size: str = "5", etag: str = "&quot;e0&quot;", rest: str = REST) -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>{etag}</ETag>"
        f"<Size>{size}</Size>{rest}</Contents>"
    )


def page_of(*objects: str) -> bytes:
    return (HEAD + "".join(objects) + FOOT).encode()


def parsed(body: bytes) -> ListPage | str:
    """Return what the parser alone makes of it."""
    try:
        return s3_list_xml._page(s3_list_xml._parsed(body))
    except NotAListing as error:
        return type(error).__name__


def read(body: bytes) -> ListPage | str:
    try:
        return read_page(body)
    except NotAListing as error:
        return type(error).__name__


@pytest.mark.parametrize(
    "body",
    [
        page_of(an_object("a"), an_object("a/b c+é%20", etag='"x"')),
        page_of(an_object("a", rest="<Owner><ID>i</ID><DisplayName>n</DisplayName></Owner>" + REST)),
        page_of(an_object("a", etag="W/&quot;weak&quot;"), an_object("b", etag="plain")),
        page_of(an_object("say &quot;a&quot;")),
    ],
)
def test_a_page_as_s3_writes_it_is_read_by_one_search(body: bytes) -> None:
    assert split_page(body) is not None
    assert read(body) == parsed(body)
    assert isinstance(read(body), ListPage)


@pytest.mark.parametrize(
    "body",
    [
        page_of(an_object("a&amp;b")),
        page_of(an_object("a&#1;")),
        page_of(an_object("a\x01")),
        page_of(an_object("a\r")),
        page_of(an_object("a]]>")),
        page_of(an_object("a"), an_object("b", size="-1")),
        page_of(an_object("a"), an_object("b", size="٣")),
        page_of(an_object("a"), "<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>", an_object("d")),
        page_of(an_object("a"), "<Contents><Key>b</Key></Contents>"),
        page_of(an_object("a"), an_object("b", rest=REST + "<Key>c</Key>")),
        page_of("<Contents x='1'>" + an_object("b")[10:], an_object("a")),
        page_of("<!-- ", an_object("a"), " -->"),
        page_of("<Other>", an_object("a"), "</Other>"),
        page_of("<!-- <Contents>", an_object("a"), "-->", an_object("b")),
        page_of(an_object("a"), an_object("b"))[:-40],
        page_of(an_object("a"), an_object("b")) + b"<Contents></Contents>",
        page_of(an_object("a"))[:-1] + b"\xff>",
        page_of(),
    ],
)
def test_a_page_in_any_other_form_is_read_as_the_parser_reads_it(body: bytes) -> None:
    assert read(body) == parsed(body)


TEXTS = st.text(alphabet="ab/&<>]\"'\x01\x0d\x7fé\U0001f600 ", max_size=6)


@given(keys=st.lists(TEXTS, max_size=6), raw=TEXTS, at=st.integers(0, 2000), cut=st.integers(0, 40))
def test_no_damage_makes_another_page_of_it(keys: list[str], raw: str, at: int, cut: int) -> None:
    text = page_of(*(an_object(escape(key)) for key in keys)).decode()

    body = (text[:at] + raw + text[at + cut :]).encode()

    assert read(body) == parsed(body)
