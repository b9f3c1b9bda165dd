"""The files of preloads that began before this one: it does not load them, but waits for these jobs to end.

Runs in the job process, for engines that do not claim each file. The control thread says which of the jobs still run.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from avio.engines.base import Entry
from avio.executor.filters import Filter, filter_of
from avio.wire.orders import EarlierJob
from avio.wire.paths import depth_below, is_under


class _Job(NamedTuple):
    """The files of one job, as far as its order tells before a listing."""

    job: str
    roots: tuple[str, ...]
    depth: int | None
    filter: Filter

    def has(self, entry: Entry) -> bool:
        """Return True if the job may load the file."""
        return any(
            is_under(entry.path, root)
            and (self.depth is None or depth_below(entry.path, root) <= self.depth)
            and self.filter.takes(entry, root)
            for root in self.roots
        )


class OtherFiles:
    """What earlier jobs load. They only become fewer: so no two jobs wait for each other."""

    def __init__(self, earlier: Iterable[EarlierJob] = ()) -> None:
        self._jobs = [
            _Job(each.job, tuple(each.params.roots), each.params.depth, filter_of(each.params)) for each in earlier
        ]

    def __bool__(self) -> bool:
        """Return True while an earlier job runs."""
        return bool(self._jobs)

    def __len__(self) -> int:
        """Return how many of them run."""
        return len(self._jobs)

    def keep(self, jobs: Collection[str]) -> None:
        """Forget all that are not among `jobs`: they have ended."""
        self._jobs = [each for each in self._jobs if each.job in jobs]

    def job_of(self, entry: Entry) -> str | None:
        """Return the earlier job that loads the file, None if this one is to load it."""
        return next((each.job for each in self._jobs if each.has(entry)), None)
