"""When an engine can serve: every vital member, and one of the others."""

import pytest

from avio.engines.members import Member, require, serves
from avio.errors import EngineAway


def answering() -> None:
    """Answer."""


def away() -> None:
    raise EngineAway("away")


def test_every_vital_member_and_one_of_the_others_are_enough() -> None:
    members = [Member("tier", answering, vital=True), Member("a", answering), Member("b", away)]

    assert serves(members, [True, True, False])
    assert not serves(members, [True, False, False])
    assert not serves(members, [False, True, True])
    assert serves(members[:1], [True])
    require(members)


@pytest.mark.parametrize(
    "members",
    [[Member("tier", away, vital=True), Member("a", answering)], [Member("a", away), Member("b", away)]],
    ids=["a vital one", "all others"],
)
def test_without_them_the_error_of_a_member_is_raised(members: list[Member]) -> None:
    with pytest.raises(EngineAway):
        require(members)
