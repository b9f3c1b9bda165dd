"""Paths: what is canonical, what is refused, and what holds for every text there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avio.wire.paths import MAX_PART_BYTES, MAX_PATH_BYTES, PathError, canonical, depth_below, is_under

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
        ("s3://bucket/key", "not absolute"),
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
