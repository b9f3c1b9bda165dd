"""The isolation that the settings request: rungs, user, limits. 0 is unlimited everywhere."""

from dataclasses import dataclass

from avio.config import Settings
from avio.isolation.users import User, find_user

BEST, STRICT, BASIC = "best", "strict", "basic"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one job. Sizes in bytes; `cpu_weight` is relative to 100 of all others."""

    files: int = 4096
    file_size: int = 0
    processes: int = 0
    memory: int = 0
    cpu_weight: int = 0
    nice: int = 5
    idle_io: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`mode` is best (skip an unavailable rung), strict (raise an error) or basic (processes and limits)."""

    mode: str = BEST
    user: User | None = None
    limits: Limits = Limits()

    @classmethod
    def of(cls, settings: Settings) -> "Plan":
        """Return the plan of `settings`. Raise ValueError if the user does not exist."""
        return cls(
            settings.isolation,
            None if settings.job_user is None else find_user(settings.job_user),
            Limits(
                files=settings.job_files,
                file_size=settings.job_file_size,
                processes=settings.job_processes,
                memory=settings.job_memory,
                cpu_weight=settings.job_cpu_weight,
                nice=settings.job_nice,
                idle_io=settings.job_idle_io,
            ),
        )
