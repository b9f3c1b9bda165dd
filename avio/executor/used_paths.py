"""The paths that a job uses: what is cached there does not give way to other jobs while it runs, nor to itself.

Runs in the job process. Pure, but for the file list.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from avio.executor.path_lines import loaded
from avio.executor.selection import lines
from avio.wire.orders import Order

MOST_PATHS = 64  # of more paths, directories above them count


def used_paths(order: Order) -> Sequence[str]:
    """Return a few paths that have all files of `order` at or below them."""
    if order.file_list is None:
        return few_above(order.params.roots)
    file = Path(order.file_list)
    return few_above(_of_versions(file) if order.params.versions else lines(file))


def few_above(paths: Iterable[str], most: int = MOST_PATHS) -> list[str]:
    """Return at most `most` paths that have all `paths` at or below them: with fewer levels while there are more."""
    found: set[tuple[str, ...]] = set()
    levels: int | None = None
    for path in paths:
        found.add(tuple([part for part in path.split("/") if part][:levels]))
        while len(found) > most:
            levels = max(map(len, found)) - 1
            found = {parts[:levels] for parts in found}
    return sorted("/" + "/".join(parts) for parts in found) or ["/"]


def _of_versions(file: Path) -> Iterator[str]:
    with open(file, "rb") as stream:
        yield from (path for path, _ in map(loaded, stream))
