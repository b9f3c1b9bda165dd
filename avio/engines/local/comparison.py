"""Looks at cached copies for a check: do they have the bytes that the bucket has? Downloads and changes nothing.

Used in movers, or in the job process of a check without them.
"""

from collections.abc import Iterable, Iterator

from avio.engines.base import Compared, Entry
from avio.engines.comparison import NoDigest
from avio.engines.local.buckets.base import Source
from avio.engines.local.errors import tier_errors
from avio.engines.local.mounts import Mounts
from avio.engines.local.tiers import Tiers
from avio.engines.local.workers import in_threads
from avio.engines.retry import with_retries
from avio.engines.run import Run
from avio.engines.unchecked import concerns_all
from avio.errors import EngineError, Gone
from avio.wire.params import Params
from avio.wire.results import Outcome


class Comparison:
    """The comparisons of one attempt."""

    def __init__(self, mounts: Mounts, tiers: Tiers, params: Params, run: Run) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._verify = params.verify
        self._run = run

    def run(self, entries: Iterable[Entry]) -> Iterator[Compared]:
        """Yield each entry with its outcome or its own error, in any order."""
        return in_threads(entries, self._compared, self._run)

    def _compared(self, entry: Entry) -> Compared:
        found, _ = with_retries(self._outcome, entry, self._run)
        if isinstance(found, EngineError) and concerns_all(found):
            raise found
        return entry, found

    def _outcome(self, entry: Entry) -> Outcome:
        """Compare the sizes, then the bytes with the digest that the store has. The object is that of the listing."""
        path = entry.path
        if entry.token is None:
            raise Gone("neither bucket nor cache has the file")
        mount = self._mounts.find(path)
        source = Source.of_token(mount.key(path), entry.token)
        copies = self._tiers.copies(path)
        if not copies:
            return Outcome.ONLY_IN_BUCKET
        if any(copy.size != source.size for copy in copies):
            return Outcome.DIFFERENT
        if self._verify == "size":
            return Outcome.SAME
        unproved = False
        for copy in copies:
            with tier_errors(f"tier {copy.tier.alias}: {path}"), copy.tier.opened(path) as fd:
                same = mount.bucket.equals(source, fd, self._run)
            if same is False:
                return Outcome.DIFFERENT
            unproved |= same is None
        if unproved:
            raise NoDigest("the store has no digest of the object to compare the cached bytes with")
        return Outcome.SAME
