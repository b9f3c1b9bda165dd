"""Files of a job that another job moves. Engines tell the attempt of them."""

from typing import NamedTuple


class Awaited(NamedTuple):
    """So many `files` wait. `job` has them if nothing else is left to do; "" if it is unknown, None with other work."""

    files: int
    job: str | None = None
