"""The header traceparent: what is valid, and what counts as none."""

import pytest

from avio.wire.traces import MAX_HEADER, parse, trace_id

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{PARENT}-01"


def test_a_valid_header_is_kept_as_it_is() -> None:
    assert parse(VALID) == VALID
    assert parse(f" {VALID}\t") == VALID
    assert trace_id(VALID) == TRACE
    assert trace_id(None) is None


@pytest.mark.parametrize("rest", ["", "-", "-what-comes-later"])
def test_of_a_later_version_the_known_part_is_kept(rest: str) -> None:
    assert parse(f"cc-{TRACE}-{PARENT}-01{rest}") == VALID


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "of nobody",
        VALID[:-1],
        VALID + "0",
        VALID + "-more",
        f"cc-{TRACE}-{PARENT}-01more",
        f"cc-{TRACE}-{PARENT}-01-\x01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}-0g",
        f"00_{TRACE}_{PARENT}_01",
        f"cc-{TRACE}-{PARENT}-01-{'x' * MAX_HEADER}",
    ],
)
def test_an_invalid_header_counts_as_none(header: str | None) -> None:
    assert parse(header) is None
