"""The Alluxio engine: a cluster's namespace, its workers as the movers. Puts the rooms of this folder together.

Used by web (tasks) and the job process (jobs).
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from avio.engines.alluxio.bucketlook import BucketLook
from avio.engines.alluxio.clients import open_clients
from avio.engines.alluxio.doctor import examine
from avio.engines.alluxio.errors import Refused
from avio.engines.alluxio.listing import below, synced
from avio.engines.alluxio.lookup import Lookup, there
from avio.engines.alluxio.namespace import Namespace, open_namespace
from avio.engines.alluxio.naming import sayable
from avio.engines.alluxio.pages import make_page
from avio.engines.alluxio.preloading import Preload
from avio.engines.alluxio.rechecking import Recheck
from avio.engines.alluxio.roster import Roster
from avio.engines.alluxio.saving import Save
from avio.engines.alluxio.seen import Seen
from avio.engines.alluxio.settings import AlluxioSettings
from avio.engines.alluxio.states import Sums, file_entry, is_saved
from avio.engines.alluxio.status import Status
from avio.engines.alluxio.verifying import Verifying
from avio.engines.alluxio.ways import choose_carrier, choose_saver
from avio.engines.base import Ability, Engine, Entry, Moved, MoveOptions, Page, Run, Side, Tier
from avio.errors import EngineAway, EngineError, PathNotFound, TooLarge, Unsaved, Unsupported
from avio.findings import Finding

log = logging.getLogger(__name__)


class AlluxioEngine(Engine):
    """The engine over one cluster. It never overwrites an object: Alluxio can only delete it first."""

    abilities: ClassVar[frozenset[Ability]] = frozenset({Ability.VERIFY_CHECKSUM, Ability.PLACE_ON_TIER})

    def __init__(self, settings: AlluxioSettings) -> None:
        self._settings = settings
        self._asked_proxy = False
        self._clients = open_clients(settings)
        self._roster = Roster(self._clients.info)
        self._look = BucketLook(settings, self._roster)
        self._bandwidth = settings.bandwidth
        self._seen = Seen()
        self._cluster = " ".join([*map(str, settings.masters), *settings.web])

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "AlluxioEngine":
        """Build it from `Settings.engine_settings()`; ValueError names the address that is wrong."""
        return cls(AlluxioSettings.from_settings(settings))

    def covers(self, path: str) -> bool:
        """Tell that it does: the root of Alluxio is a mount."""
        return True

    def stat(self, path: str, *, limit: int | None = None) -> Entry:
        """Return `path` as the master knows it now, a directory with its sums."""
        status = self._status(sayable(path), sync=False)
        if not status.folder:
            return file_entry(status, self._roster)
        sums = Sums()
        for each in below(self._space, path, depth=None):
            if not each.folder:
                sums.add(file_entry(each, self._roster))
                if limit is not None and sums.files > limit:
                    raise TooLarge(
                        f"{path} has more than {limit} files", cure="ask for a directory below it, or submit a job"
                    )
        return sums.entry(path)

    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None) -> Page:
        """Return a page of what is below `path`, as the master knows it now."""
        status = self._status(sayable(path), sync=False)
        if not status.folder:
            return Page([file_entry(status, self._roster)], None)
        return make_page(self._space, self._roster, path, depth=depth, size=size, after=after)

    def walk(self, path: str, *, depth: int | None, side: Side) -> Iterator[Entry]:
        """Yield the files at or below `path` that `side` holds; for the bucket's, the master looks into it first."""
        in_bucket = side is Side.BUCKET
        status = self._status(sayable(path), sync=in_bucket)
        if not status.folder:
            found: Iterable[Status] = [status]
        elif in_bucket:
            found = synced(self._patient_space, path, depth=depth)
        else:
            found = below(self._patient_space, path, depth=depth, load=False)
        for each in found:
            if each.folder:
                continue
            entry = file_entry(each, self._roster)
            if in_bucket:
                if is_saved(each):
                    self._seen.put(each)
                    yield entry
            elif entry.cached_bytes or not entry.saved:
                yield entry

    def require(self, path: str, side: Side) -> None:
        """Return when the master knows `path`; for the bucket's side it looks there first, without its children."""
        self._status(sayable(path), sync=side is Side.BUCKET)

    def preload(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Moved]:
        """Load what is not in the cache; see `Preload`."""
        self._must_know(options.tier)
        lookup, roster = Lookup(self._patient_space), self._roster
        try:
            make_carrier = choose_carrier(self._clients, lookup, roster, run, self._bandwidth)
            yield from Preload(lookup, self._clients.workers, roster, options, run, make_carrier, self._seen)(entries)
        finally:
            lookup.close()

    def holds(self, entry: Entry, tier: str | None) -> bool:
        """Tell whether a file is cached, and lies on the tier that is asked for: it is moved there otherwise."""
        return entry.in_cache and (tier is None or entry.tiers.keys() <= {tier})

    def save(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Moved]:
        """Persist what is not in the bucket; see `Save`."""
        lookup = Lookup(self._patient_space)
        try:
            saver = choose_saver(self._clients, lookup, self._look, self._roster, self._cluster)
            yield from Save(saver, lookup, options, run)(entries)
        finally:
            lookup.close()

    def recheck(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Entry]:
        """Yield each entry as it stands now; see `Recheck`."""
        verifying = None
        if options.verify == "checksum":
            verifying = Verifying(self._clients.workers, self._look, self._roster)
        return Recheck(self._patient_space, self._roster, verifying, options, run)(entries)

    def drop(self, path: str) -> None:
        """Have the master forget the blocks of `path`; the workers remove them within some seconds."""
        try:
            self._space.free(sayable(path), recursive=True)
        except Refused as error:
            if "not persisted" not in error.message:
                raise
            raise Unsaved(error.message) from None

    def capacity(self) -> Sequence[Tier]:
        """Return each tier of each worker, best first. Alluxio makes room by itself: what is used may give way."""
        cluster = self._clients.info.cluster()
        return [
            Tier(alias, use.capacity, use.used, str(worker.address), gives_way=True)
            for alias in cluster.tiers
            for worker in self._roster.live()
            if (use := worker.tiers.get(alias)) is not None and use.capacity
        ]

    def examine(self) -> Iterable[Finding]:
        """Return what the cluster lacks for avio; see docs/alluxio.md."""
        return examine(self._settings)

    def health(self) -> None:
        """Return when the master answers and has a worker; the first time, say so when the proxy is of no use."""
        self._space.status("/")  # the proxy waits minutes for a master that is away
        if not self._asked_proxy:
            self._asked_proxy = True
            self._look_at_proxy()
        if not self._roster.live():
            raise EngineAway("Alluxio has no worker that answers", cure="start Alluxio's workers")

    def close(self) -> None:
        """Close the connections to all parts of the cluster."""
        self._clients.close()
        self._look.close()

    def _status(self, path: str, *, sync: bool) -> Status:
        """Return a status; the bucket is asked for what the master does not know, and with `sync` for all else.

        Where that could cost an unsaved file it is not asked.
        """
        try:
            known = there(self._space, path)
        except PathNotFound:
            return there(self._space, path, sync=True)
        return there(self._space, path, sync=True) if sync and (known.folder or is_saved(known)) else known

    def _look_at_proxy(self) -> None:
        if self._clients.proxy is not None:
            try:
                self._clients.proxy.check()
            except EngineError as error:
                log.warning("the ways round by the proxy are closed: %s; %s", error, error.cure)

    @property
    def _space(self) -> Namespace:
        return open_namespace(self._clients)

    @property
    def _patient_space(self) -> Namespace:
        return open_namespace(self._clients, for_job=True)

    def _must_know(self, tier: str | None) -> None:
        if tier is not None and tier not in (known := {each.alias for each in self.capacity()}):
            raise Unsupported(f"there is no tier {tier!r}", cure=f"tiers here: {', '.join(sorted(known)) or 'none'}")
