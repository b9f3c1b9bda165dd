"""What tells the inode of an open file apart."""

import os
import time
from pathlib import Path

import pytest

from avio.engines.local.birth import inode_of


def test_the_birth_of_an_inode_stays_whatever_is_written(tmp_path: Path) -> None:
    before = time.time_ns()
    with open(tmp_path / "f", "wb") as file:
        born = inode_of(file.fileno()).born_ns
        file.write(b"content")
        file.flush()
        assert inode_of(file.fileno()).born_ns == born
    assert born == 0 or abs(born - before) < 60e9


def test_what_is_no_file_is_an_error() -> None:
    with pytest.raises(OSError):
        inode_of(-1)


def test_number_and_times_are_those_of_a_stat(tmp_path: Path) -> None:
    with open(tmp_path / "f", "wb") as file:
        os.utime(file.fileno(), ns=(0, -1_500_000_001))
        status, inode = os.fstat(file.fileno()), inode_of(file.fileno())
    assert inode[:3] == (status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
