"""How long a job takes, by the jobs of its type that this installation has done. Used by web; one query."""

from collections.abc import Sequence

from avio.db import plans
from avio.wire.states import JobType

Sample = tuple[int, int, float]  # files, bytes, seconds


def expected_seconds(type_: JobType, files: int, size: int) -> float | None:
    """Return the seconds of a job that moves `files` of `size` bytes together; None without earlier jobs."""
    rates = fitted(plans.moved(type_))
    return None if rates is None else rates[0] * files + rates[1] * size


def fitted(samples: Sequence[Sample]) -> tuple[float, float] | None:
    """Return the seconds of a file and of a byte that fit best, neither below 0; None without samples.

    The errors count in parts of each job's time, so that a long job says no more than a short one.
    """
    shares = [(files / seconds, size / seconds) for files, size, seconds in samples]
    if not shares:
        return None
    ff, fb, bb = (sum(one[x] * one[y] for one in shares) for x, y in ((0, 0), (0, 1), (1, 1)))
    f, b = sum(one[0] for one in shares), sum(one[1] for one in shares)
    determinant = ff * bb - fb * fb
    if determinant > 1e-9 * ff * bb:
        per_file, per_byte = (f * bb - b * fb) / determinant, (b * ff - f * fb) / determinant
        if per_file >= 0 and per_byte >= 0:
            return per_file, per_byte
    by_file = (f / ff, 0.0)
    return min(by_file, (0.0, b / bb), key=lambda rates: _error(shares, rates)) if bb else by_file


def _error(shares: Sequence[tuple[float, float]], rates: tuple[float, float]) -> float:
    return sum((1 - rates[0] * files - rates[1] * size) ** 2 for files, size in shares)
