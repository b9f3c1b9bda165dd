"""What keeper tells a job process over its control pipe: what to do, until when, and with which limits.

Written by keeper, read by the job process. A message of a kind that is not known here is logged and ignored.
"""

import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from avio.wire.limits import Limits
from supervisor.shared.json_lines import decode, kinds_of

log = logging.getLogger(__name__)


def _check(deadline: object) -> None:
    """Raise ValueError unless `deadline` is a finite number: no other value can end an attempt in time."""
    if not isinstance(deadline, float | int) or not math.isfinite(deadline):
        raise ValueError(f"no deadline: {deadline!r}")


@dataclass(frozen=True, slots=True)
class Begin:
    """Do `order` (JSON text of `avio.wire.orders.Order`) until `deadline`, seconds on CLOCK_BOOTTIME."""

    order: str
    deadline: float

    def __post_init__(self) -> None:
        _check(self.deadline)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The lease was renewed: go on until `at`, seconds on CLOCK_BOOTTIME."""

    at: float

    def __post_init__(self) -> None:
        _check(self.at)


@dataclass(frozen=True, slots=True)
class EarlierJobs:
    """Of the earlier preloads in the order, these still run: 100 ids at most."""

    jobs: list[str]

    def __post_init__(self) -> None:
        """Raise ValueError unless these are ids."""
        if not isinstance(self.jobs, list) or not all(isinstance(job, str) for job in self.jobs):
            raise ValueError(f"no jobs: {self.jobs!r}")


Control = Begin | Deadline | Limits | EarlierJobs

_KINDS = kinds_of((Begin, Deadline, Limits, EarlierJobs))


def read_messages(lines: Iterable[bytes]) -> Iterator[Control]:
    """Yield the messages of a pipe's lines; ends with them.

    An invalid line is logged and ignored. So is an incomplete last line: keeper died while it wrote.
    """
    for line in lines:
        if not line.endswith(b"\n"):
            log.warning("ignored a control message that was cut short: %d bytes", len(line))
            return
        try:
            message: Control = decode(line, _KINDS)
        except ValueError as error:
            log.warning("ignored a control message: %s", error)
        else:
            yield message
