"""The limits of a job that may change while it runs: plain numbers, for orders, pipes and rows.

Used in every process. Standard library only.
"""

from dataclasses import dataclass

# The smallest bandwidth of a job. With less, a store takes the reader for dead and closes its connection.
LEAST_BANDWIDTH = 64 << 10
MOST_BANDWIDTH = 10**12

# A request under way is a connection and its memory.
MOST_CONCURRENCY = 512

# Jobs of a higher priority start first.
LEAST_PRIORITY, MOST_PRIORITY = -10, 10


@dataclass(frozen=True, slots=True)
class Limits:
    """`bandwidth` in bytes per second, `concurrency` in files or requests under way at once. None is no limit."""

    bandwidth: int | None = None
    concurrency: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a value that nobody could obey."""
        for value in (self.bandwidth, self.concurrency):
            if value is not None and (type(value) is not int or value < 1):
                raise ValueError(f"{value!r} is not a limit")

    def share(self, parts: int) -> "Limits":
        """Return the limits of each of `parts` processes that share these; each has at least 1."""
        return Limits(
            *(None if value is None else max(1, value // parts) for value in (self.bandwidth, self.concurrency))
        )

    def __str__(self) -> str:
        """Return them in words, for logs."""
        rate = "no limit" if self.bandwidth is None else f"{self.bandwidth:,} bytes per second"
        return f"bandwidth {rate}, concurrency {'no limit' if self.concurrency is None else self.concurrency}"


NO_LIMITS = Limits()
