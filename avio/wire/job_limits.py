"""How many jobs may run at once: of a user, of a group, on a mount, on a bucket. Which mounts a job uses.

Nodes write theirs into their rows; claims and web read them there. Standard library only.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field

from avio.wire.paths import is_under

NAMES = ("user", "group", "mount", "bucket")


@dataclass(frozen=True, slots=True)
class JobLimits:
    """The most jobs at once of each user, group, mount and bucket; None is no limit. `mounts` have their buckets."""

    user: int | None = None
    group: int | None = None
    mount: int | None = None
    bucket: int | None = None
    mounts: Mapping[str, str | None] = field(default_factory=dict)

    def hold(self, owner: "Owner") -> bool:
        """Return True if any limit is on the jobs of `owner`."""
        return any(getattr(self, name) for name in NAMES) or bool(owner.jobs_max or owner.group_max)

    def to_json(self) -> str:
        """Return the text for the row of a node."""
        has_stores = self.mount or self.bucket
        return json.dumps(
            {name: value for name, value in asdict(self).items() if value and (name in NAMES or has_stores)}
        )

    @classmethod
    def from_json(cls, texts: Iterable[str]) -> "JobLimits":
        """Return the strictest of several limits, for the whole server. Members of newer versions are left out."""
        found = [json.loads(text) for text in texts]
        least = {name: min((each[name] for each in found if each.get(name)), default=None) for name in NAMES}
        return cls(**least, mounts={path: bucket for each in found for path, bucket in each.get("mounts", {}).items()})


NO_JOB_LIMITS = JobLimits()


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that is reached: of a user, group, mount or bucket (`what`), its name, and the number of jobs."""

    what: str
    name: str
    most: int

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.what} {self.name} has {self.most} of {self.most} running jobs"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a job is: the user and its group, each with a limit of its own or None."""

    name: str
    group: str | None = None
    jobs_max: int | None = None
    group_max: int | None = None


class Running:
    """The jobs that nodes have, counted by what a limit may be on."""

    def __init__(self, limits: JobLimits, jobs: Iterable[tuple[str, str | None, str | None, int]] = ()) -> None:
        """`jobs` are user, group and path of running jobs, and how many are alike. A file list has no path."""
        self._limits = limits
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
        for user, group, path, count in jobs:
            self._counts["user"][user] += count
            self._counts["group"].update({} if group is None else {group: count})
            for what, names in self._stores(path).items():
                self._counts[what].update(dict.fromkeys(names, count))

    def reached(self, owner: Owner, path: str | None) -> Reached | None:
        """Return a limit that keeps a job of `owner` at `path` from starting, or None."""
        return self.reached_by(owner) or next(
            (
                Reached(what, name, most)
                for what, most in (("mount", self._limits.mount), ("bucket", self._limits.bucket))
                for name in sorted(self._stores(path)[what])
                if most is not None and self._counts[what][name] >= most
            ),
            None,
        )

    def reached_by(self, owner: Owner) -> Reached | None:
        """Return a limit of the owner that is reached, or None."""
        user_max = owner.jobs_max or self._limits.user
        if user_max is not None and self._counts["user"][owner.name] >= user_max:
            return Reached("user", owner.name, user_max)
        group_max = owner.group_max or self._limits.group
        if owner.group is not None and group_max is not None and self._counts["group"][owner.group] >= group_max:
            return Reached("group", owner.group, group_max)
        return None

    def full_mounts(self, slots: int = 1) -> list[str]:
        """Return the mounts on which no `slots` further jobs may start: by their own limit, or that of the bucket."""
        return [
            mount
            for mount, bucket in sorted(self._limits.mounts.items())
            if _is_full(self._limits.mount, self._counts["mount"][mount] + slots)
            or (bucket and _is_full(self._limits.bucket, self._counts["bucket"][bucket] + slots))
        ]

    def _stores(self, path: str | None) -> dict[str, set[str]]:
        """Return the mounts and buckets that a job at `path` may use."""
        mounts = used_mounts(path, self._limits.mounts)
        return {"mount": mounts, "bucket": {bucket for each in mounts if (bucket := self._limits.mounts[each])}}


def _is_full(most: int | None, jobs: int) -> bool:
    return most is not None and jobs > most


def used_mounts(path: str | None, mounts: Collection[str]) -> set[str]:
    """Return the mounts that a job at `path` may use: the one that it lies in, and those below it. None: all."""
    if path is None:
        return set(mounts)
    above = max((mount for mount in mounts if is_under(path, mount)), key=len, default=None)
    return {mount for mount in mounts if mount == above or is_under(mount, path)}
