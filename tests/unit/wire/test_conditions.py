"""Conditions on a path: what is read, what is refused, and what meets them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avio.wire.conditions import MAX_CHARACTERS, ConditionError, Standing, parse

GIB = 1 << 30
ALL = Standing(files=4, files_cached=4, size=1000, cached_bytes=1000, saved=True)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("cached", "cached"),
        (" saved ", "saved"),
        ("cached>=100%", "cached"),
        ("cached >= 95.0 %", "cached>=95%"),
        ("cached>=0.1%", "cached>=0.1%"),
        ("cached>=10GiB", f"cached>={10 * GIB}B"),
        ("cached>=1B", "cached>=1B"),
        ("cached>=95%,saved", "cached>=95%,saved"),
        ("saved and cached>=1.5KB", "saved,cached>=1500B"),
    ],
)
def test_a_condition_is_read_and_its_canonical_spelling_is_the_same_condition(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical
    assert str(parse(canonical)) == canonical


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a condition; write cached"),
        ("Cached", "'Cached' is not a condition"),
        ("cached>95%", "'cached>95%' is not a condition"),
        ("cached>=", "'cached>=' is not a condition"),
        ("saved>=3", "is not a condition"),
        ("cached or saved", "is not a condition"),
        ("cached,", "'' is not a condition"),
        ("cached>=95", "has no unit; write it as 95% or 10GiB"),
        ("cached>=0%", "is not a percentage above 0 and up to 100"),
        ("cached>=100.1%", "is not a percentage"),
        ("cached>=95.25%", "is not a percentage"),
        ("cached>=-5%", "is not a percentage"),
        ("cached>=٩٥%", "is not a percentage"),
        ("cached>=0B", "is always there"),
        ("cached>=9EiB", "is too large"),
        ("cached>=tenGiB", "is not a size"),
        ("saved,saved", "has saved more than once"),
        ("cached,cached>=100%", "has cached more than once"),
        (",".join(f"cached>={n}%" for n in range(1, 10)), "has more than 8 terms"),
        ("cached" + " " * MAX_CHARACTERS, "is longer than"),
    ],
)
def test_anything_else_is_refused_with_the_cause(text: str, why: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse(text)

    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("text", "standing", "unmet"),
    [
        ("cached", ALL, []),
        ("cached", Standing(4, 3, 1000, 1000, True), ["cached"]),  # an empty file is missing
        ("cached", Standing(4, 4, 1000, 999, True), ["cached"]),
        ("cached", Standing(0, 0, 0, 0, True), ["cached"]),  # no file is there
        ("cached>=99.9%", Standing(4, 3, 1000, 999, True), []),
        ("cached>=99.9%", Standing(4, 3, 10_000, 9989, True), ["cached>=99.9%"]),
        ("cached>=50%", Standing(4, 2, 0, 0, True), []),  # all are empty: files count
        ("cached>=50%", Standing(4, 1, 0, 0, True), ["cached>=50%"]),
        ("cached>=1B", Standing(0, 0, 0, 0, True), ["cached>=1B"]),
        ("cached>=1000B", ALL, []),
        ("saved", Standing(4, 4, 1, 1, False), ["saved"]),
        ("saved,cached", Standing(4, 3, 1000, 10, False), ["saved", "cached"]),
    ],
)
def test_what_meets_a_condition(text: str, standing: Standing, unmet: list[str]) -> None:
    assert parse(text).unmet(standing) == unmet


@pytest.mark.parametrize("text", ["cached", "cached>=1%", "cached>=1B", "saved"])
@pytest.mark.parametrize("unknown", ["all", "bucket"])
def test_what_is_unknown_is_not_met(text: str, unknown: str) -> None:
    standing = Standing() if unknown == "all" else Standing(files_cached=4, cached_bytes=0)

    assert parse(text).unmet(standing) == [text]


@settings(max_examples=40)
@given(size=st.integers(1, 1 << 50), tenths=st.integers(1, 1000), share=st.fractions(0, 1))
def test_a_percentage_is_exact(size: int, tenths: int, share: object) -> None:
    part = int(size * share)  # type: ignore[operator]
    met = not parse(f"cached>={tenths // 10}.{tenths % 10}%").unmet(Standing(1, int(part == size), size, part, True))

    assert met == (part * 1000 >= tenths * size)
