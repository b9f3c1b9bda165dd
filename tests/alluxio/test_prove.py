"""The short form of `make prove-alluxio`: the situations that need no rival, once each, on a cluster of their own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from prove.__main__ import prove
from prove.situations import free_and_preload, more_than_fits, two_sets_in_turn
from tests.conftest import missing
from tests.servers.alluxio import NoAlluxio

SITUATIONS = {each.__name__: each for each in (two_sets_in_turn, free_and_preload, more_than_fits)}


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory in memory, if there is some."""
    with tempfile.TemporaryDirectory(
        prefix="avio-prove-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None
    ) as name:
        Path(name).chmod(0o755)  # the database runs as another user
        yield Path(name)


def test_what_a_preload_called_done_on_a_full_cache_is_still_there(home: Path) -> None:
    try:
        found = [*prove(home, 1, Random(1), SITUATIONS)]
    except NoAlluxio as error:
        missing(str(error))

    assert [(name, judged.job["status"]) for name, judged in found] == [
        ("two_sets_in_turn", "succeeded"),
        ("two_sets_in_turn", "succeeded"),
        ("free_and_preload", "succeeded"),
        ("more_than_fits", "partial"),
    ]
    assert [judged for _, judged in found if judged.broken] == []
