"""How the inside of a transfer learns that its attempt must leave.

Used in the job process, by every step that may take long.
"""

from avio.engines.base import Run


class Stopped(Exception):
    """The attempt must leave: whoever catches this publishes nothing and drops its temporaries."""


def go_on(run: Run) -> None:
    """Return while the attempt may work on; raise `Stopped` once it must leave."""
    if run.stopping():
        raise Stopped
