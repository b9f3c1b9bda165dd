"""A whole listing, page by page, for engines that list in pages. Used in the job process."""

from collections.abc import Callable, Iterator, Sequence

from avio.engines.base import Entry, Page
from avio.engines.left_out import LeaveOut
from avio.engines.refusals import no_answer

PAGE_ENTRIES = 1000

# Returns the page of so many entries after a place.
FetchPage = Callable[[int, str | None], Page]


class EntryPages(Iterator[Sequence[Entry]]):
    """The pages of `fetch` that have entries. After an error the next `next` asks for the same page."""

    def __init__(self, fetch: FetchPage, left_out: LeaveOut) -> None:
        self._fetch = fetch
        self._leave_out = left_out
        self._after: str | None = None
        self._ended = False

    def __next__(self) -> Sequence[Entry]:
        """Return the next page. Raises EngineAway if mounts do not answer, and what `fetch` raises."""
        while not self._ended:
            page = self._fetch(PAGE_ENTRIES, self._after)
            if page.unanswered:
                raise no_answer(page.unanswered)
            for error in page.refused.values():
                raise error
            for left in page.left_out:
                self._leave_out(left)
            self._after, self._ended = page.after, page.after is None
            if page.entries:
                return page.entries
        raise StopIteration
