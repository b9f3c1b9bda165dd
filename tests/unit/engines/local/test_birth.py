"""When an inode was made."""

import time
from pathlib import Path

from avio.engines.local.birth import birth_ns


def test_the_birth_of_an_inode_stays_whatever_is_written(tmp_path: Path) -> None:
    before = time.time_ns()
    with open(tmp_path / "f", "wb") as file:
        born = birth_ns(file.fileno())
        file.write(b"content")
        file.flush()
        assert birth_ns(file.fileno()) == born
    assert born == 0 or abs(born - before) < 60e9


def test_what_is_no_file_has_none() -> None:
    assert birth_ns(-1) == 0
