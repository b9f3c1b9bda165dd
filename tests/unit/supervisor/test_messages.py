"""What keeper and intake say to each other: round trips, and cutting what a socket delivers."""

import json
import socket
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import messages
from supervisor.messages import Draining, Ended, Evict, Forget, Lines, Message, Renew, Situation, Start, Started

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
    line = messages.encode(message)

    assert messages.decode(line) == message
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


def test_the_situation_comes_back_with_its_ended_attempts() -> None:
    end = {"job": "J", "attempt": 1, "code": 0, "signal": None, "max_rss": 5, "drained": False}

    back = messages.decode(messages.encode(Situation(3, [("J", 2)], [end])))

    assert isinstance(back, Situation)
    assert [tuple(one) for one in back.running] == [("J", 2)]
    assert [Ended(**one) for one in back.ended] == [Ended("J", 1, 0, None, 5)]


def test_every_kind_of_message_can_be_read() -> None:
    assert set(messages._KINDS) == {kind.__name__ for kind in get_args(Message)}


@given(st.lists(everything, max_size=5), st.data())
def test_messages_are_cut_wherever_the_socket_cuts_them(sent: list[Message], data: st.DataObject) -> None:
    stream = b"".join(messages.encode(message) for message in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    lines = Lines()

    found = [
        message
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for message in lines.feed(stream[begin:end])
    ]

    assert found == sent


def test_a_message_without_end_is_refused() -> None:
    lines = Lines()
    assert list(lines.feed(b"x" * messages.MAX_LINE)) == []

    with pytest.raises(ValueError, match="without end"):
        list(lines.feed(b"x"))


def test_a_message_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        messages.decode(json.dumps({"kind": "Poem"}).encode())


def test_a_socket_gives_messages_until_the_other_side_is_gone() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(messages.encode(Draining()) + messages.encode(Evict()) + b'{"kind":"Ev')

        assert list(messages.receive(ours)) == [Draining(), Evict()]
