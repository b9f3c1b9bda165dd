"""The control pipe of a job: typed messages; what is torn, unknown or no number is ignored and logged."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avio.wire.limits import Limits
from supervisor.shared.control import Begin, Control, Deadline, EarlierJobs, read_messages
from supervisor.shared.json_lines import encode

deadlines = st.floats(0, 1e12)
numbers = st.none() | st.integers(1, 10**12)
everything: st.SearchStrategy[Control] = (
    st.builds(Begin, st.text(max_size=20), deadlines)
    | st.builds(Deadline, deadlines)
    | st.builds(Limits, numbers, numbers)
    | st.builds(EarlierJobs, st.lists(st.text(max_size=26), max_size=3))
)


def line(**members: object) -> bytes:
    return json.dumps(members).encode() + b"\n"


@given(st.lists(everything, max_size=5))
def test_messages_come_back_as_they_were(sent: list[Control]) -> None:
    assert list(read_messages(map(encode, sent))) == sent


@pytest.mark.parametrize(
    "unusable",
    [
        line(kind="Bandwidth", bytes=1000),
        line(kind="Deadline", at=1.0, why="a member too many"),
        line(kind="Deadline"),
        line(kind="EarlierJobs", jobs=None),
        line(kind="EarlierJobs", jobs=[1]),
        line(kind="Deadline", at="1.0"),
        line(kind="Deadline", at=None),
        line(kind="Deadline", at=float("nan")),
        line(kind="Deadline", at=float("inf")),
        line(kind="Limits", bandwidth="1000"),
        line(kind="Limits", bandwidth=0),
        line(kind="Limits", concurrency=1.5),
        line(kind="Limits", concurrency=True),
        line(kind="Begin", order="{}"),
        line(at=1.0),
        b"1234.5\n",
        b"null\n",
        b"\n",
        b'{"kind":"Deadl\n',
        b"\xff\xfe\n",
    ],
)
def test_what_is_no_message_is_ignored_and_logged(unusable: bytes, caplog: pytest.LogCaptureFixture) -> None:
    lines = [encode(Deadline(1.0)), unusable, encode(Deadline(2.0))]

    with caplog.at_level(logging.WARNING):
        assert list(read_messages(lines)) == [Deadline(1.0), Deadline(2.0)]

    assert [record.message[:25] for record in caplog.records] == ["ignored a control message"]


@given(st.data())
def test_a_message_that_is_cut_short_is_never_believed(data: st.DataObject) -> None:
    whole = encode(data.draw(everything))
    torn = whole[: data.draw(st.integers(1, len(whole) - 1))]

    assert list(read_messages([encode(Deadline(5.0)), torn])) == [Deadline(5.0)]


def test_a_message_that_lacks_only_its_line_break_is_not_believed_either(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert list(read_messages([encode(Deadline(9.0)).rstrip(b"\n")])) == []

    assert "cut short" in caplog.text
