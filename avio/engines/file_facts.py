"""What an engine tells of a listed file without asking anybody: its version, its requests, whether it is archived.

Used in the job process. Opens nothing.
"""

from avio.engines.entry import Entry
from avio.engines.sides import Side


class FileFacts:
    """The facts of engines that know no more of a file than its entry says."""

    def version(self, entry: Entry, side: Side) -> str:
        """Return a text that is another one once the file on `side` has changed."""
        return entry.token or by_time(entry)

    def requests(self, entry: Entry, side: Side) -> int | None:
        """Return how many requests to the store move the file at least; None if other programs make them."""
        return None

    def is_archived(self, path: str) -> bool:
        """Return True if the listing says that the object must be restored before it can be read. Asked once a file."""
        return False


def by_time(entry: Entry) -> str:
    """Return the version of a file that has only a size and a time."""
    return f"{entry.size or 0}-{entry.modified or 0:.6f}"
