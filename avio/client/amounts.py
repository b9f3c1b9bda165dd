"""A number of files and their bytes, as replies have it. Standard library only."""

from typing import NotRequired, TypedDict


class Amount(TypedDict):
    """Files and bytes; `complete` on a total alone, False while the listing goes on."""

    files: int
    bytes: int
    complete: NotRequired[bool]
