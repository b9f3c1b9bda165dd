"""The paths that a listing leaves out, each told with the page to which it belongs.

Used in web and the job process. Pure.
"""

from collections.abc import Callable, Sequence

from avio.engines.left_out import LeftOut, Symlink
from avio.engines.local.joined_view import Sinks
from avio.engines.local.tree_walk import LAST
from avio.errors import EngineError

MAX_PATHS = 100_000  # beyond this a listing takes no further ones, so that memory stays bounded


class LeftOutPaths:
    """The paths that were left out so far. A path that bucket and tier leave out counts once."""

    def __init__(self) -> None:
        self.paths: dict[str, LeftOut] = {}
        self.sinks = Sinks(self._add, self._add)

    def drop_followed(self, is_cached: Callable[[str], bool]) -> None:
        """Count no symlink of which the cache has what it leads to: a preload followed it."""
        for path in [each.path for each in self.paths.values() if each.reason == Symlink.reason]:
            if is_cached(path):
                del self.paths[path]

    def of_page(self, after: str, last: str | None, level: int | None, separator: str) -> Sequence[LeftOut]:
        """Return those after the place `after`, up to the place `last` (None: the end).

        A directory at `level`, the deepest of the listing, ends with all that is in it.
        """
        begin = _end(after, level).replace("/", separator)
        end = LAST if last is None else _end(last, level).replace("/", separator)
        return [each for path, each in self.paths.items() if begin < path.replace("/", separator) <= end]

    def _add(self, path: str, error: EngineError) -> None:
        if len(self.paths) < MAX_PATHS:
            self.paths.setdefault(path, LeftOut.of(path, error))


def _end(place: str, level: int | None) -> str:
    return place + LAST if place.endswith("/") and place.count("/") - 1 == level else place
