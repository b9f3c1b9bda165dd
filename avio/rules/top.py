"""Who fills the cache: folds the newest maps of the tiers. Used by web; asks no store and walks nothing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from avio.db import cache_maps, users
from avio.db.cache_maps import Taken
from avio.db.connection import borrow
from avio.errors import BadRequest, FieldError, Unsupported
from avio.rules.cache_map import CacheMap, Origin, Sums, cut
from avio.rules.callers import Caller, Right
from avio.wire.paths import depth_below, is_under, shown_path
from avio.wire.top import By, Came


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: files at and below `path` on `tier` (None: all), summed up so many `depth` levels below it."""

    by: By
    path: str
    depth: int
    tier: str | None
    size: int


@dataclass(slots=True)
class Line:
    """A line of the answer: sums, and what they are of. What does not matter here, or is unknown, is None."""

    sums: Sums
    path: str | None = None
    came: Came | None = None
    uid: int | None = None
    user: str | None = None
    job: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """The survey of a tier that an answer is made of. `taken_at` is None if there was none yet."""

    tier: str
    taken_at: float | None
    took: float | None
    is_whole: bool


@dataclass(slots=True)
class Answer:
    """The largest lines, the sums of the others, of all, and the surveys. Not `is_whole`: all sums are lower bounds."""

    surveys: list[Survey]
    lines: list[Line] = field(default_factory=list)
    others: Sums = field(default_factory=Sums)
    other_lines: int = 0
    total: Sums = field(default_factory=Sums)
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Top:
    """The rules, for the tiers and mounts of one engine. `tiers` asks no disk; without tiers there are no maps."""

    tiers: Callable[[], Collection[str]]
    mounts: Collection[str]

    def look(self, caller: Caller, asked: Asked) -> Answer:
        """Fold the maps. Raises Unsupported for an engine without them, BadRequest for an unknown tier."""
        caller.require(Right.LOOK, asked.path)
        known = sorted(self.tiers())
        if not known:
            raise Unsupported("this engine has no map of what is cached", cure="GET /stat has the sums of one path")
        if asked.tier is not None and asked.tier not in known:
            message = f"no such tier; the tiers are {', '.join(known)}"
            raise BadRequest("the request is invalid", [FieldError("tier", message)])
        wanted = known if asked.tier is None else [asked.tier]
        with borrow():
            maps = {found.tier: found for found in cache_maps.taken() if found.tier in wanted}
            answer = self._folded(asked, {tier: maps.get(tier) for tier in wanted})
            _name(answer.lines, asked.by)
        return answer

    def _folded(self, asked: Asked, maps: Mapping[str, Taken | None]) -> Answer:
        answer, by_key = Answer([]), dict[tuple[object, ...], Line]()
        for tier, taken in maps.items():
            found = None if taken is None else CacheMap.from_json(taken.map)
            is_whole = found is not None and self._fold(found, asked, by_key)
            at, took = (None, None) if taken is None else (taken.taken_at, taken.took)
            answer.surveys.append(Survey(tier, at, took, is_whole))
        lines = sorted(by_key.values(), key=lambda line: (-line.sums.bytes, line.path or "", line.job or ""))
        answer.lines = lines[: asked.size]
        for line in lines:
            answer.total.add(line.sums)
        for line in lines[asked.size :]:
            answer.others.add(line.sums)
        answer.other_lines = max(0, len(lines) - asked.size)
        answer.is_whole = all(survey.is_whole for survey in answer.surveys)
        return answer

    def _fold(self, found: CacheMap, asked: Asked, by_key: dict[tuple[object, ...], Line]) -> bool:
        """Add the rows of a map. Return False if some files are missing, or were not told apart from others."""
        is_whole, path = found.is_whole, shown_path(asked.path)
        for (directory, origin), sums in found.rows.items():
            if not is_under(directory, path):
                is_whole = is_whole and not (_is_cut(directory, found.depth) and is_under(path, directory))
                continue
            line = self._line(directory, origin, asked, found.depth)
            key = (line.path, line.came, line.uid, line.job)
            by_key.setdefault(key, line).sums.add(sums)
        return is_whole

    def _line(self, directory: str, origin: Origin, asked: Asked, depth: int) -> Line:
        """Return an empty line for a row of a map."""
        if asked.by is By.PREFIX:
            return Line(Sums(), path=cut(directory, depth_below(shown_path(asked.path), "/") + asked.depth))
        if asked.by is By.MOUNT:
            return Line(Sums(), path=self._mount_of(directory, depth))
        came = Came.WRITTEN if origin.is_written else Came.UNKNOWN if origin.uid is None else Came.PRELOADED
        return Line(Sums(), came=came, uid=origin.uid, job=origin.job if asked.by is By.JOB else None)

    def _mount_of(self, directory: str, depth: int) -> str | None:
        """Return the mount of the files of a row; None if the row may have files of several."""
        if _is_cut(directory, depth) and any(each != directory and is_under(each, directory) for each in self.mounts):
            return None
        return max((each for each in self.mounts if is_under(directory, each)), key=len, default=None)


def _is_cut(directory: str, depth: int) -> bool:
    """Return True if a row of a map with so many levels may have files of directories below its own."""
    return depth_below(directory, "/") >= depth


def _name(lines: list[Line], by: By) -> None:
    """Set the names of users, and name and path of jobs that are there still."""
    if by not in (By.USER, By.JOB):
        return
    names = users.names({line.uid for line in lines if line.uid is not None})
    jobs = cache_maps.jobs([line.job for line in lines if line.job is not None])
    for line in lines:
        line.user = None if line.uid is None else names.get(line.uid)
        line.name, line.path = jobs.get(line.job or "", (None, None))
