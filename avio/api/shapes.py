"""What the shapes of requests and replies have in common: their JSON schemas are made once. Run by web alone."""

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Shape(BaseModel):
    """A JSON object. Its schema is read for each route that names it, and by flask-openapi at each request."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the schema, the same object each time."""
        return _schema(cls, *args, **kwargs)


class Reply(Shape):
    """A JSON object of a reply: camelCase; absent values are null, never missing."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


@cache
def _schema(shape: type[Shape], *args: Any, **kwargs: Any) -> dict[str, Any]:
    return super(Shape, shape).model_json_schema(*args, **kwargs)


class Amount(Reply):
    """A number of files and their bytes."""

    files: int
    bytes: int
