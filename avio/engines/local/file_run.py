"""Files in one state as entries of a listing, or as lines of JSON without an entry for each.

Used in web and the job process. Pure.
"""

from collections.abc import Iterator, Sequence
from typing import overload

import orjson

from avio.engines.base import Entry, EntryState
from avio.engines.entry_lines import LinedRun, lines_of, lines_of_objects
from avio.engines.local.entries import NS_PER_SECOND, file_entry
from avio.engines.local.merge import Uniform

REMOTE, CACHED = EntryState.REMOTE.value, EntryState.CACHED.value


class FileRun(LinedRun):
    """The entries of the files of `run`."""

    __slots__ = ("_run",)

    def __init__(self, run: Uniform) -> None:
        self._run = run

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self._run.files)

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries."""
        return map(file_entry, self._run)

    @overload
    def __getitem__(self, at: int) -> Entry: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Entry]: ...

    def __getitem__(self, at: int | slice) -> Entry | Sequence[Entry]:
        """Return an entry, or several."""
        return list(self)[at]

    @property
    def size(self) -> int:
        """The sum of the sizes."""
        return sum(file[1] for file in self._run.files)

    def lines(self) -> bytes:
        """Return a line for each file."""
        prefix, tier = self._run.prefix, self._run.tier
        state, root = (REMOTE, "") if tier is None else (CACHED, tier.root.path + prefix)
        try:
            return lines_of_objects(
                [
                    {
                        "path": prefix + key,
                        "kind": "file",
                        "size": size,
                        "modified": mtime_ns / NS_PER_SECOND,
                        "state": state,
                        "cached_bytes": size if tier else 0,
                        "tiers": {tier.alias: size} if tier else {},
                        "saved": True,
                        "files": 1,
                        "files_cached": 1 if tier else 0,
                        "token": f"{size}:{mtime_ns}:{etag or ''}",
                        "left_out": 0,
                        "local_path": root + key if tier else None,
                    }
                    for key, size, mtime_ns, etag in self._run.files
                ]
            )
        except orjson.JSONEncodeError:  # a path that is not UTF-8
            return lines_of(list(self))
