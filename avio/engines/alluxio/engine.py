"""The Alluxio engine: the namespace of a cluster, whose workers move the bytes. Connects the rooms of this package.

Used by web (tasks) and the job process (jobs).
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from avio.engines.admission import Admission, room_by_tier
from avio.engines.alluxio.clients.cluster import open_clients
from avio.engines.alluxio.clients.errors import Refused
from avio.engines.alluxio.clients.path_rules import addressable
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.doctor.doctor import examine
from avio.engines.alluxio.load.block_loader import CALL_LIMIT_SECONDS
from avio.engines.alluxio.load.preload import Preload
from avio.engines.alluxio.load.protection import ProtectingAdmission, Protection
from avio.engines.alluxio.save.save import Save
from avio.engines.alluxio.view.cluster_members import cluster_members
from avio.engines.alluxio.view.content_check import ContentCheck
from avio.engines.alluxio.view.departures import Departures
from avio.engines.alluxio.view.entries import file_entry, is_saved
from avio.engines.alluxio.view.holdings import Holdings
from avio.engines.alluxio.view.listed_blocks import ListedBlocks
from avio.engines.alluxio.view.listing import below
from avio.engines.alluxio.view.listing_page import make_page
from avio.engines.alluxio.view.looks import Looks, look, write
from avio.engines.alluxio.view.lookup import Lookup, get_status
from avio.engines.alluxio.view.namespace import Namespace, open_namespace
from avio.engines.alluxio.view.recheck import Recheck
from avio.engines.alluxio.view.roster import Roster
from avio.engines.alluxio.view.settlement import settle
from avio.engines.alluxio.view.synced_walk import synced
from avio.engines.alluxio.view.ufs_reader import UfsReader
from avio.engines.alluxio.ways import choose_carrier, choose_saver
from avio.engines.base import Engine, Entry, Moved, Page, Side, present
from avio.engines.comparison import by_state
from avio.engines.entry_pages import EntryPages
from avio.engines.left_out import LeaveOut, Unchecked, fail, ignore
from avio.engines.members import Member
from avio.engines.refusals import no_tier, too_many_files, unknown_tier
from avio.engines.run import Run
from avio.engines.sums import Sums
from avio.engines.tier import Tier
from avio.errors import EngineError, PathNotFound, Unsaved
from avio.findings import Finding
from avio.wire.options import Ability
from avio.wire.params import CHECKSUM, Params
from avio.wire.results import Outcome

log = logging.getLogger(__name__)


class AlluxioEngine(Engine):
    """The engine over one cluster. It never overwrites an object: Alluxio can only delete it first."""

    abilities: ClassVar[frozenset[Ability]] = frozenset({Ability.VERIFY_CHECKSUM, Ability.PLACE_ON_TIER, Ability.EVICT})
    why_unable: ClassVar[Mapping[Ability, str]] = MappingProxyType(
        {Ability.WAIT_FOR_ROOM: "Alluxio drops old files for new ones by itself, so that no room is kept for a job"}
    )
    shares_looks: ClassVar[bool] = True
    silent_after: ClassVar[float] = CALL_LIMIT_SECONDS  # it tells of whole blocks, and of whole files of a save

    def __init__(self, settings: AlluxioSettings) -> None:
        self._settings = settings
        self._clients = open_clients(settings)
        self._roster = Roster(self._clients.info)
        self._ufs_reader = UfsReader(self._clients.workers, self._roster)
        self._bandwidth = settings.bandwidth
        self._listed = ListedBlocks()
        self._holdings = Holdings()
        self._departures = Departures(self._clients.info, self._roster)
        self._cluster = " ".join([*map(str, settings.masters), *settings.web])
        self._looked_at = " ".join(map(str, settings.masters)) or self._cluster

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "AlluxioEngine":
        """Build it from `Settings.engine_settings()`. ValueError names the wrong address."""
        return cls(AlluxioSettings.from_settings(settings))

    def look(self, file: Path) -> float:
        """Ask the master's web port for the workers."""
        seen = look(lambda: self._clients.info.cluster(fresh=True, patience=0))
        write(file, self._looked_at, seen)
        return seen.pause

    def use_looks(self, file: Path) -> None:
        """Know the workers by the looks."""
        self._roster.use(Looks(file, self._looked_at))

    def covers(self, path: str) -> bool:
        """Return True: the root of Alluxio is a mount."""
        return True

    def stat(self, path: str, *, limit: int | None = None) -> Entry:
        """Return `path` as the master knows it now, a directory with its sums."""
        status = self._status(addressable(path), sync=False)
        if not status.folder:
            return file_entry(status, self._roster)
        sums = Sums()
        for each in below(self._space, path, depth=None):
            if not each.folder:
                sums.add(file_entry(each, self._roster))
                if limit is not None and sums.files > limit:
                    raise too_many_files(path, limit)
        return sums.entry(path)

    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None, sums: bool = False) -> Page:
        """Return a page of the entries below `path`, as the master knows them now."""
        status = self._status(addressable(path), sync=False)
        if not status.folder:
            return Page([file_entry(status, self._roster)], None)
        return make_page(self._space, self._roster, path, depth=depth, size=size, after=after)

    def list_all(self, path: str, *, depth: int | None, left_out: LeaveOut) -> Iterator[Sequence[Entry]]:
        """Return the pages of `list`."""
        return EntryPages(lambda size, after: self.list(path, depth=depth, size=size, after=after), left_out)

    def walk(
        self, path: str, *, depth: int | None, side: Side, follow: bool = False, left_out: LeaveOut = ignore
    ) -> Iterator[Entry]:
        """Yield the files at or below `path` on `side`. For the bucket's side the master reads the bucket first."""
        in_bucket = side in (Side.BUCKET, Side.BOTH)
        status = self._status(addressable(path), sync=in_bucket)
        if status.folder and depth == 0:  # its files are a level down
            return
        if in_bucket:
            yield from self._bucket_files(status, depth, left_out, both=side is Side.BOTH)
            return
        some = False
        for entry in self._known_files(status, depth):
            if entry.cached_bytes or not entry.saved:
                some = True
                yield entry
            elif side is Side.SAVE and not entry.size:  # an empty file is never cached, and never dropped
                yield entry
        if side is Side.SAVE and not some:  # all are saved, and none is cached: a save has nothing to do
            yield from (entry for entry in self._known_files(status, depth) if entry.size)

    def _bucket_files(self, status: Status, depth: int | None, left_out: LeaveOut, *, both: bool) -> Iterator[Entry]:
        """Yield the files that the bucket has; on `both` sides also unsaved ones, of which Alluxio can't tell that."""
        found: Iterable[Status] = [status]
        if status.folder:
            space = self._patient_space
            found = synced(space, status, depth=depth, each_file=both, left_out=left_out, beat=self.beat)
        for each in found:
            if is_saved(each):
                self._listed.note(each)
            if both or is_saved(each):
                yield file_entry(each, self._roster)

    def _known_files(self, status: Status, depth: int | None) -> Iterator[Entry]:
        """Yield the files at or below `status` that the master knows."""
        below_it = below(self._patient_space, status.path, depth=depth, load=False)
        for each in below_it if status.folder else [status]:
            if not each.folder:
                yield file_entry(each, self._roster)

    def require(self, path: str, side: Side) -> None:
        """Return if the master knows `path`. For the bucket's side it checks the bucket first, without children."""
        self._status(addressable(path), sync=side in (Side.BUCKET, Side.BOTH))

    def read_object(self, path: str, target: int, run: Run) -> None:
        """Read it through a worker, without the cache."""
        status = self._status(addressable(path), sync=True)
        if status.folder or not is_saved(status):
            raise PathNotFound(f"{path} is not a file of the bucket")
        with open(target, "wb", closefd=False) as stream:
            for data in self._ufs_reader.read(status, 0, status.length):
                run.moved(stream.write(data))

    def preload(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        """Load files that are not in the cache; see `Preload`."""
        self._must_know(params.tier)
        lookup, roster = Lookup(self._patient_space), self._roster
        try:
            make_carrier = choose_carrier(self._clients, lookup, roster, self._holdings, run, self._bandwidth)
            preload = Preload(lookup, self._clients.workers, roster, params, run, make_carrier, self._listed)
            yield from preload.run(present(entries))
        finally:
            lookup.close()

    def holds(self, entry: Entry, tier: str | None) -> bool:
        """Return True if a file is cached on the requested tier. Otherwise a preload moves it there."""
        return entry.in_cache and (tier is None or entry.tiers.keys() <= {tier})

    def save(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        """Persist files that are not in the bucket; see `Save`."""
        lookup = Lookup(self._patient_space)
        try:
            saver = choose_saver(self._clients, lookup, self._ufs_reader, self._roster, self._cluster, run)
            yield from Save(saver, lookup, params, run).run(present(entries))
        finally:
            lookup.close()

    def settle(self, run: Run, path: str = "/") -> None:
        """Wait until the master's books are true; see `settlement`."""
        settle(self._roster, run, self._departures)

    def recheck(
        self, entries: Iterable[Entry], params: Params, run: Run, *, original: bool = False, unchecked: Unchecked = fail
    ) -> Iterator[Entry]:
        """Yield each entry in its present state; see `Recheck`."""
        verifying = None
        if params.verify == CHECKSUM:
            verifying = ContentCheck(self._clients.workers, self._ufs_reader, self._roster, run.checked)
        return Recheck(self._patient_space, self._roster, self._holdings, verifying, params, run, unchecked).run(
            entries
        )

    def standing(self, entry: Entry, params: Params) -> Outcome | None:
        """Go by the state: the master compared the directory with its bucket when it was listed."""
        return by_state(entry)

    def drop(self, path: str) -> Iterator[Entry]:
        """Make the master drop the blocks of `path` as a whole. The workers remove them within some seconds."""
        try:
            self._space.free(addressable(path), recursive=True)
        except Refused as error:
            if "not persisted" not in error.message:
                raise
            raise Unsaved(error.message) from None
        return iter(())

    def admit(self, params: Params) -> Admission:
        """Return the room for a preload. Without workers or the master's web port it is unknown: nothing is refused."""
        self._departures.begin()
        try:
            tiers = self.capacity()
        except EngineError as error:
            self._space.status("/")  # else the master itself does not answer
            log.warning("the room in the cache is unknown, so that no file is refused: %s", error)
            return Admission(None)
        if tiers:
            return self._room(tiers, params)
        if not self._roster.live():  # the loader waits for them
            return Admission(None)
        raise no_tier()

    def capacity(self) -> Sequence[Tier]:
        """Return each tier of each worker, best first. Alluxio drops old blocks to make room."""
        cluster = self._clients.info.cluster()
        return [
            Tier(alias, use.capacity, use.used, str(worker.address), gives_way=True)
            for alias in cluster.tiers
            for worker in self._roster.live()
            if (use := worker.tiers.get(alias)) is not None and use.capacity
        ]

    def examine(self) -> Iterable[Finding]:
        """Return the findings about the cluster; see docs/alluxio.md."""
        return examine(self._settings)

    def members(self) -> Sequence[Member]:
        """Return the daemons of the cluster. The master, or without one the proxy, is vital."""
        return cluster_members(self._clients, self._roster)

    def close(self) -> None:
        """Close the connections to all parts of the cluster."""
        self._clients.close()

    def _room(self, tiers: Sequence[Tier], params: Params) -> Admission:
        """Return the room of the requested tiers. Other data gives way, and files of the order in place don't."""
        asked = [tier for tier in tiers if params.tier in (None, tier.alias)]
        now = self._clients.info.cluster(fresh=True).tiers
        used = sum(now[alias].used for alias in {tier.alias for tier in asked} & now.keys())
        room = sum(tier.capacity for tier in asked)
        self._holdings.assume(
            {each.address: sum(use.used for use in each.tiers.values()) for each in self._roster.live()}
        )
        protection = Protection(Lookup(self._patient_space), self._clients.workers, self._roster, self._holdings)
        return ProtectingAdmission(room, max(0, room - used), protection, params, room_by_tier(asked))

    def _status(self, path: str, *, sync: bool) -> Status:
        """Return a status. Ask the bucket if the master does not know the path, or with `sync`.

        Don't ask if that could drop an unsaved file.
        """
        try:
            known = get_status(self._space, path)
        except PathNotFound:
            return get_status(self._space, path, sync=True)
        return get_status(self._space, path, sync=True) if sync and (known.folder or is_saved(known)) else known

    @property
    def _space(self) -> Namespace:
        return open_namespace(self._clients)

    @property
    def _patient_space(self) -> Namespace:
        return open_namespace(self._clients, for_job=True)

    def _must_know(self, tier: str | None) -> None:
        if tier is not None and tier not in (known := {each.alias for each in self.capacity()}):
            raise unknown_tier(tier, sorted(known))
