"""What attempts that are over have left on a node is gone soon after its supervisor begins; what lives is not."""

from pathlib import Path

from avio.db.connection import borrow
from tests.contract.db import given
from tests.process.site import Site
from tests.processes import wait_until


def leave(directory: Path, attempt: str) -> Path:
    """Leave a file in a directory of an attempt; return the directory."""
    left = directory / attempt
    left.mkdir(parents=True)
    (left / "0").write_bytes(b"half")
    return left


def test_a_supervisor_that_begins_removes_what_dead_attempts_left(site: Site) -> None:
    with borrow():
        given.node("n2", lease=3600)
        running = f"{given.running('n2')}.1"
    places = [site.home / "spool" / "n1", site.cache / ".avio", site.bucket / ".avio"]
    dead = [leave(place, "01ARZ3NDEKTSV4RRFFQ69G5FAV.1") for place in places]
    alive = [leave(place, running) for place in places[1:]]  # tier and bucket are shared with the other node

    site.supervisor()

    wait_until(lambda: not any(left.exists() for left in dead), 15, "what the dead left is gone")
    assert all((left / "0").exists() for left in alive)
