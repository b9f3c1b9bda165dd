"""What keeper and intake say to each other: round trips, and cutting what a socket delivers."""

import json
import socket
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.shared import messages
from supervisor.shared.json_lines import MAX_LINE_BYTES, encode
from supervisor.shared.messages import (
    Draining,
    Ended,
    Evict,
    Forget,
    KeeperState,
    Message,
    MessageBuffer,
    Renew,
    Start,
    Started,
)

texts, numbers = st.text(max_size=20), st.integers(0, 2**40)
ended = st.builds(Ended, texts, numbers, st.none() | numbers, st.none() | numbers, numbers, st.booleans())
everything: st.SearchStrategy[Message] = st.one_of(
    ended,
    st.builds(Started, texts, numbers, numbers),
    st.builds(Draining),
    st.builds(messages.Registered, numbers),
    st.builds(Start, texts, numbers, texts),
    st.builds(Renew, st.floats(0, 1e12)),
    st.builds(messages.Stop, texts, numbers),
    st.builds(Forget, texts, numbers),
    st.builds(Evict),
)


@given(everything)
def test_a_message_comes_back_as_it_was_and_is_one_line(message: Message) -> None:
    line = encode(message)

    assert messages.decode(line) == message
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


def test_the_state_of_keeper_comes_back_with_its_ended_attempts() -> None:
    end = {"job": "J", "attempt": 1, "code": 0, "signal": None, "max_rss": 5, "drained": False}

    back = messages.decode(encode(KeeperState(3, [("J", 2)], [end])))

    assert isinstance(back, KeeperState)
    assert [tuple(one) for one in back.running] == [("J", 2)]
    assert [Ended(**one) for one in back.ended] == [Ended("J", 1, 0, None, 5)]


def test_every_kind_of_message_can_be_read() -> None:
    assert set(messages._KINDS) == {kind.__name__ for kind in get_args(Message)}


@given(st.lists(everything, max_size=5), st.data())
def test_messages_are_cut_wherever_the_socket_cuts_them(sent: list[Message], data: st.DataObject) -> None:
    stream = b"".join(encode(message) for message in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    buffer = MessageBuffer()

    found = [
        message
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for message in buffer.feed(stream[begin:end])
    ]

    assert found == sent


def test_a_message_without_end_is_refused() -> None:
    buffer = MessageBuffer()
    assert list(buffer.feed(b"x" * MAX_LINE_BYTES)) == []

    with pytest.raises(ValueError, match="without end"):
        list(buffer.feed(b"x"))


def test_a_message_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="not a message"):
        messages.decode(json.dumps({"kind": "Poem"}).encode())


def test_a_socket_gives_messages_until_the_other_side_is_gone() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(encode(Draining()) + encode(Evict()) + b'{"kind":"Ev')

        assert list(messages.receive(ours)) == [Draining(), Evict()]
