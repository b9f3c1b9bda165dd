"""The paths that a job uses: what is cached there does not give way to other jobs while it runs.

Runs in the job process. Pure, but for the file list.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from avio.executor.selection import lines
from avio.wire.orders import Order
from avio.wire.paths import ancestors

MOST_PATHS = 64  # of more paths, the directory above all of them counts


def used_paths(order: Order) -> Sequence[str]:
    """Return a few paths that have all files of `order` at or below them."""
    if order.file_list is None:
        roots = order.params.roots
        return roots if len(roots) <= MOST_PATHS else [common_directory(roots)]
    if order.params.versions:  # its lines have more than paths
        return ["/"]
    return [common_directory(lines(Path(order.file_list)))]


def common_directory(paths: Iterable[str]) -> str:
    """Return the lowest directory that has all `paths`, or the path of one alone; `/` for none."""
    common: list[str] | None = None
    for path in paths:
        above = ancestors(path)
        if common is None:
            common = above
        else:
            while len(common) > len(above) or common[-1] != above[len(common) - 1]:
                common.pop()
    return common[-1] if common else "/"
