"""A stream of files, taken one at a time, or counted many at once.

Used in web and the job process.
"""

from collections.abc import Iterator

from avio.engines.local.entries import ItemSums
from avio.engines.local.merge import Item, ItemRun, Uniform


class ItemStream(Iterator[Item]):
    """The items of `runs`, once."""

    def __init__(self, runs: Iterator[ItemRun]) -> None:
        self._runs = runs
        self._run: Iterator[Item] = iter(())

    def __next__(self) -> Item:
        """Return the next item."""
        while True:
            for item in self._run:
                return item
            self._run = iter(next(self._runs))

    def next_run(self) -> ItemRun | None:
        """Return the next run as a whole, None at the end."""
        return next(self._runs, None)

    def count(self, sums: ItemSums, prefix: str, limit: int) -> Item | None:
        """Count up to `limit` files whose paths begin with `prefix`; return the item after them, None at the end.

        A run that is equal on both sides is counted as a whole: the sums of a tree cost more in Python than its
        files cost the kernel.
        """
        end = sums.files + limit
        while True:
            for item in self._run:
                if sums.files >= end or not item.path.startswith(prefix):
                    return item
                sums.add_item(item)
            run = next(self._runs, None)
            if run is None:
                return None
            if isinstance(run, Uniform) and len(run.files) <= end - sums.files and run.lies_in(prefix):
                sums.add_run(run)
            else:
                self._run = iter(run)
