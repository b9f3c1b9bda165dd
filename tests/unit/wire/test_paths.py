"""Paths: what is canonical, what is refused, and what holds for every text there is."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avio.wire.paths import (
    MAX_PART_BYTES,
    MAX_PATH_BYTES,
    PATTERN,
    PathError,
    canonical,
    decoded,
    depth_below,
    encoded,
    is_under,
    respelled,
    shown_path,
    spelled,
)

# Much of what is dangerous in a path, so that it comes up often.
PIECES = st.sampled_from(["/", "//", ".", "..", "...", "a", "é", "%2e", "alluxio://", "h:19998", "?", "#", " ", "\\"])
TEXTS = st.one_of(
    st.text(), st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES).map(lambda p: "/" + "".join(p))
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/", "/"),
        ("/data//train/", "/data/train"),
        ("alluxio://host:19998/data", "/data"),
        ("alluxio://host:19998", "/"),
        ("alluxio://a:1,b:2/data/", "/data"),
        ("/with space/ünï", "/with space/ünï"),
        ("/a?b#c%2e", "/a?b#c%2e"),
        ("/...", "/..."),
    ],
)
def test_a_path_is_made_canonical(text: str, path: str) -> None:
    assert canonical(text) == path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("data", "not absolute"),
        ("s3://bucket/key", "is a URL of a store"),
        ("/a/../b", "'..' part"),
        ("/a/./b", "'.' part"),
        ("alluxio:///data", "names no host"),
        ("alluxio://host/a?b", "'?'"),
        ("alluxio://host/a#b", "'#'"),
        ("/a\0b", "control character"),
        ("/a\nb", "control character"),
        ("/a\x7fb", "control character"),
        ("/\ud800", "UTF-8"),
        ("/" + "a" * (MAX_PART_BYTES + 1), "name of more than"),
        ("/" + "é" * 128, "name of more than"),
        ("/a" * (MAX_PATH_BYTES // 2 + 1), "longer than"),
    ],
)
def test_a_path_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(PathError, match=why.replace(".", r"\.").replace("?", r"\?")):
        canonical(text)


def refusal(text: str) -> str:
    """Return why `text` is refused, empty if it is not."""
    try:
        canonical(text)
    except PathError as error:
        return str(error)
    return ""


# Hosts are checked less strictly than the pattern describes them.
@given(TEXTS.filter(lambda text: re.search(r"alluxio://[^/]*[^a-z0-9:.]", text) is None))
def test_the_pattern_of_the_schemas_takes_what_passes_and_nothing_else(text: str) -> None:
    why = refusal(text)
    if "UTF-8" not in why and "longer than" not in why and "more than" not in why:
        assert bool(re.fullmatch(PATTERN, text)) is not bool(why)


@given(st.from_regex(PATTERN, fullmatch=True))
def test_what_the_pattern_allows_passes_but_for_its_length(text: str) -> None:
    assert re.search("^$|longer than|more than|UTF-8", refusal(text))


@given(TEXTS)
def test_what_passes_is_canonical_stays_so_and_never_leaves(text: str) -> None:
    try:
        path = canonical(text)
    except PathError:
        return
    assert canonical(path) == path
    assert path.startswith("/")
    assert path == "/" or not path.endswith("/")
    assert not {"", ".", ".."} & set(path.split("/")[1:]) or path == "/"
    assert is_under(path, "/")
    path.encode()


@given(TEXTS, TEXTS)
def test_what_is_under_a_root_begins_with_its_parts(one: str, other: str) -> None:
    try:
        root, path = canonical(one), canonical(one + "/" + other)
    except PathError:
        return
    assert is_under(path, root)
    assert depth_below(path, root) == len([part for part in path.split("/") if part]) - len(
        [part for part in root.split("/") if part]
    )


def test_a_name_that_only_begins_alike_is_not_under() -> None:
    assert not is_under("/data2", "/data")
    assert is_under("/data", "/data")
    assert depth_below("/data/a/b", "/data") == 2
    assert depth_below("/data", "/") == 1
    assert depth_below("/", "/") == 0


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"/data/a%41", "/data/a%41"),
        (b"/data/\xc4\xff", "/data/%C4%FF"),
        (b"/100%/\xff", "/100%25/%FF"),
        ("/模型/".encode() + b"\xa3.pt", "/模型/%A3.pt"),
    ],
)
def test_a_path_is_shown_in_percent_form_only_if_it_is_no_utf8(raw: bytes, shown: str) -> None:
    assert shown_path(os.fsdecode(raw)) == shown


@pytest.mark.parametrize("raw", [b"/a%41", b"/100%/\xff", b"/a\nb", "/模型".encode(), b"/\xed\xa0\x80"])
def test_the_percent_encoded_form_names_every_path_exactly(raw: bytes) -> None:
    path = os.fsdecode(raw)
    assert decoded(respelled(encoded(path)), encoded=True) == path
    text, is_encoded = spelled(path)
    assert decoded(text, encoded=is_encoded) == path


@pytest.mark.parametrize("text", ["/a/%2E%2E/b", "/a%00b", "a%2Fb", ""])
def test_a_percent_encoded_path_is_checked_like_any_other(text: str) -> None:
    with pytest.raises(PathError):
        respelled(text)
