"""One level of a bucket: its files and folders, where the store can only list all levels.

Pure. Used in web and the job process.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from avio.engines.local.tree_walk import LAST

Runs = Iterator[Sequence[tuple[Any, ...]]]


def folder_row(key: str) -> tuple[str, int, int, None]:
    """Return the row of a folder, as `tree_walk` has directories. Its key ends in a slash."""
    return key, -1, 0, None


def one_level(open_runs: Callable[[str], Runs], prefix: str, after: str) -> Runs:
    """Yield the files and folders directly in `prefix` after the place `after`, in order, from runs of all levels.

    `open_runs` lists after a key. A folder that fills the end of a run is passed by.
    """
    begin: str | None = after + LAST if after.endswith("/") else after
    folder = ""
    while begin is not None:
        runs, begin = open_runs(begin), None
        for run in runs:
            level = []
            for row in run:
                name, slash, _ = row[0][len(prefix) :].partition("/")
                if not slash:
                    level.append(row)
                elif folder != prefix + name + "/":
                    folder = prefix + name + "/"
                    level.append(folder_row(folder))
            if level:
                yield level
            if run[-1][0].startswith(folder) and folder:
                begin = folder + LAST
                break
