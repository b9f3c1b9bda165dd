"""Filters of jobs: what is read, what is refused and all at once, times, and globs of paths."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avio.wire import path_terms
from avio.wire.job_filters import MAX_CHARACTERS, TERMS, FilterError, JobFilter, LabelTerm, moment, parse
from avio.wire.states import JobType, State

NOW = 1_800_000_000.0
SHANGHAI = timezone(timedelta(hours=8))


def test_every_term_is_read() -> None:
    text = 'status:failed,partial type:preload user:lena,7 name:"night ly",x node:n1 label:team=a=b,x'
    text += " since:2d until:2026-05-02"

    assert parse(text) == JobFilter(
        status=(State.FAILED, State.PARTIAL),
        type=(JobType.PRELOAD,),
        user=("lena", "7"),
        name=("night ly", "x"),
        node=("n1",),
        label=(LabelTerm("team", "a=b"), LabelTerm("x", None)),
        since="2d",
        until="2026-05-02",
    )


def test_nothing_asks_for_nothing() -> None:
    assert parse("  ") == JobFilter()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("failed", f"'failed' is not a term; the terms are {', '.join(f'{term}:' for term in TERMS)}"),
        ("labels:x", "'labels:x' is not a term"),
        ("label:=x", "label: '=x' has no name of a label; write label:team or label:team=vision"),
        ("Status:failed", "is not a term"),
        ("status:failed status:partial", "status: occurs more than once; give its values with commas"),
        ("status:done", "status: 'done' is unknown; it is one of queued, starting"),
        ("type:1", "type: '1' is unknown; it is one of ls, preload"),
        ("status:", "status: has an empty value"),
        ("name:a,,b", "name: has an empty value"),
        ('name:"a b', 'has a " that is not closed'),
        ("since:yesterday", "since: 'yesterday' is not a time; write 90s, 30m"),
        ("until:2026-02-30", "until: '2026-02-30' is not a time"),
        ("since:2d,3d", "since: takes one time"),
        ("path:/data/[a", "path: '/data/[a' has a [ without ]"),
        ("path:" + "x" * 300, "is longer than 200 characters"),
        ("user:" + ",".join("abcdefghi"), "user: has more than 8 values"),
        (" " * (MAX_CHARACTERS + 1), "is longer than 1000 characters"),
    ],
)
def test_anything_else_is_refused_with_the_cause(text: str, why: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse(text)

    assert why in str(refused.value)


def test_all_errors_are_told_at_once() -> None:
    with pytest.raises(FilterError) as refused:
        parse("status:done failed since:x")

    assert [part.partition(":")[0] for part in str(refused.value).split("; ")[:1]] == ["status"]
    assert "'failed' is not a term" in str(refused.value)
    assert "'x' is not a time" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2d", NOW - 2 * 86_400),
        ("1h30m", NOW - 5400),
        ("2026-05-02", datetime(2026, 5, 1, 16, tzinfo=UTC).timestamp()),
        ("2026-05-02T00:00:00+08:00", datetime(2026, 5, 1, 16, tzinfo=UTC).timestamp()),
        ("2026-05-02T00:00:00Z", datetime(2026, 5, 2, tzinfo=UTC).timestamp()),
    ],
)
def test_a_time_is_so_long_ago_or_a_day_of_the_server_or_has_an_offset(text: str, seconds: float) -> None:
    assert moment(text, NOW, SHANGHAI) == seconds


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("/data", "/data", True),
        ("/data", "/data/train/a", True),
        ("/data/", "/data/train", True),
        ("/data", "/database", False),
        ("/data/train", "/data", False),
        ("/data/*", "/data/train/deep", True),
        ("/data/*", "/data", False),
        ("/*/train", "/data/train/x", True),
        ("/*/train", "/data/x/train", False),
        ("/**/train", "/data/x/train/y", True),
        ("train", "/data/train/y", True),
        ("/data/{a,b}", "/data/b/c", True),
        ("/data/set-[0-4]?", "/data/set-17", True),
        ("/data/set-[0-4]?", "/data/set-57", False),
        ("/", "/", True),
        ("/", "/data", True),
        ("/数据/*", "/数据/训练", True),
    ],
)
def test_a_glob_matches_a_path_or_a_directory_above_it(glob: str, path: str, matches: bool) -> None:
    assert path_terms.parse(glob).matches(path) is matches


def test_a_comma_in_braces_or_in_quotes_is_part_of_the_value() -> None:
    (one,) = parse("path:/data/{a,b}").path or ()
    assert one.matches("/data/b")
    assert parse('name:"a,b",c').name == ("a,b", "c")


@settings(max_examples=40)
@given(parts=st.lists(st.sampled_from(["a", "bc", "数"]), min_size=1, max_size=5), cut=st.integers(1, 5))
def test_a_path_matches_each_directory_above_it(parts: list[str], cut: int) -> None:
    path, above = "/" + "/".join(parts), "/" + "/".join(parts[:cut])

    assert path_terms.parse(above).matches(path)
    assert not path_terms.parse(above + "x").matches(path)


def test_no_glob_takes_long() -> None:
    glob = path_terms.parse("/" + "*a" * 99)
    began = time.process_time()

    assert not glob.matches("/" + "a" * 4000 + "b")
    assert time.process_time() - began < 2
