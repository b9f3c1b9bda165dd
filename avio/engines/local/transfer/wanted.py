"""A file to download. Used in the job process, by the downloads one by one and in bulk."""

from typing import NamedTuple

from avio.engines.base import Entry
from avio.engines.local.buckets.base import Source
from avio.engines.local.mounts import Mount
from avio.engines.local.tiers import Copy


class Wanted(NamedTuple):
    """A file to download: its source, and the present copies in the tiers.

    `listed` is the source's etag in a listing, if the store has another one there.
    """

    entry: Entry
    source: Source
    copies: list[Copy]
    mount: Mount
    listed: str | None = None
