"""What a caller reads of a member with a wrong value: in plain words, that a command says as well."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from avio.api.errors import _explain


class Inner(BaseModel):
    """A member that is an object."""


class Body(BaseModel):
    """A request with a member of each kind."""

    number: int = Field(default=1, ge=1, le=6)
    share: float = 0.5
    flag: bool = False
    by: Literal["user", "job"] = "user"
    text: str = ""
    items: list[str] = []
    inner: Inner = Inner()


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("number", 0, "must be 1 or more"),
        ("number", 7, "must be 6 or less"),
        ("number", "", "must be a whole number"),
        ("number", 1.5, "must be a whole number"),
        ("number", None, "must be a whole number"),
        ("number", "9" * 5000, "must be a whole number"),
        ("share", "much", "must be a number"),
        ("flag", "perhaps", "must be true or false"),
        ("flag", None, "must be true or false"),
        ("by", "prefix", "must be 'user' or 'job'"),
        ("text", 5, "must be a string"),
        ("items", "a", "must be a list"),
        ("inner", 5, "must be an object"),
    ],
)
def test_a_wrong_value_is_explained_in_plain_words(member: str, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Body.model_validate({member: value})
    assert [_explain(each) for each in refused.value.errors()] == [words]
