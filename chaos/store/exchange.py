"""A request to the store and its reply, with the ways in which a reply may arrive badly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

BUCKET = "b"


class Request(NamedTuple):
    """A request. `key` is empty for a listing; the names of `headers` are in lower case."""

    method: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def lists(self) -> bool:
        """Tell whether it asks for a listing."""
        return not self.key and self.method == "GET"

    @property
    def fetches(self) -> bool:
        """Tell whether it asks for the bytes of an object."""
        return bool(self.key) and self.method == "GET"

    @property
    def saves(self) -> bool:
        """Tell whether it brings an object."""
        return bool(self.key) and self.method == "PUT"


@dataclass(slots=True)
class Reply:
    """A reply. `headers` may state another Content-Length than the body has.

    `wait` are seconds before the first byte, `per_second` the bytes that the line carries, 0: all at once. The line is
    cut after `cut` bytes of the body; -1: before the status.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    per_second: int = 0
    cut: int | None = None


def refusal(status: int, code: str) -> Reply:
    """Return an error of S3."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>on purpose</Message></Error>'
    return Reply(status, body.encode(), {"Content-Type": "application/xml"})
