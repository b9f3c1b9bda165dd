"""What a user is told who lacks a right: with the path, where the right depends on one."""

import pytest

from avio.errors import Forbidden
from avio.rules.callers import Caller, Right

BOB = Caller(2, "bob", admin=False)


def test_a_right_that_no_path_has_is_refused_without_one() -> None:
    with pytest.raises(Forbidden, match=r"^bob may not give a job a priority above 0$"):
        BOB.require(Right.OVERTAKE)


def test_a_right_at_a_path_is_refused_with_it() -> None:
    with pytest.raises(Forbidden, match=r"^bob may not free all at /data$"):
        BOB.require(Right.FREE_ALL, "/data")
