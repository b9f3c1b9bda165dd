"""Divides the bandwidths that jobs have together, of the server and of each mount, among the jobs that run now.

Runs in intake. Pure: it is told which jobs run. A share that a job does not use goes to no other job.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from avio.config import Settings
from avio.wire.job_limits import used_mounts
from avio.wire.limits import Limits

# Paths and how many jobs have each; None is a file list.
Crowd = Sequence[tuple[str | None, int]]


@dataclass(frozen=True, slots=True)
class Shares:
    """`server` and `mounts` are in bytes per second; a mount without a bandwidth has None."""

    server: int | None = None
    mounts: Mapping[str, int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> "Shares":
        """Return the bandwidths of the settings."""
        mounts: dict[str, int | None] = {path: mount.bandwidth for path, mount in settings.mounts.items()}
        if settings.alluxio is not None:
            mounts |= settings.alluxio.mount_bandwidths
        return cls(settings.bandwidth, mounts)

    def __bool__(self) -> bool:
        """Return True if there is anything to share."""
        return self.server is not None or any(rate is not None for rate in self.mounts.values())

    def within(self, limits: Limits, path: str | None, crowd: Crowd) -> Limits:
        """Return the limits of a job at `path`: at most its share of the server's bandwidth, and of its mounts'."""
        rates = [] if limits.bandwidth is None else [limits.bandwidth]
        if self.server is not None:
            rates.append(_share(self.server, sum(count for _, count in crowd)))
        limited = {mount: rate for mount in used_mounts(path, self.mounts) if (rate := self.mounts[mount]) is not None}
        for mount, rate in limited.items():
            jobs = sum(count for other, count in crowd if mount in used_mounts(other, self.mounts))
            rates += [_share(rate, jobs)]
        return replace(limits, bandwidth=min(rates, default=None))


def _share(rate: int, jobs: int) -> int:
    return max(1, rate // max(1, jobs))
