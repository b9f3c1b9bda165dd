"""The base of all tables of settings: numbers in texts have ASCII digits alone."""

from typing import Any

from pydantic import BaseModel, ValidationInfo, field_validator

from avio.wire.digits import only_digits


class PlainNumbers(BaseModel):
    """A table of settings."""

    @field_validator("*", mode="before")
    @classmethod
    def _only_digits(cls, given: Any, info: ValidationInfo) -> Any:
        return only_digits(cls.model_fields[info.field_name or ""].annotation, given)
