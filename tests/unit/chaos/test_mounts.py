"""What is written into a bare mount point is found; a frozen disk holds up writes, even of who is killed.

The latter needs root and loop devices.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.mounts import Disk, freezable_disk
from tests.processes import is_alive, wait_until

BYTES = 16 << 20


@pytest.mark.parametrize("written", [True, False])
def test_a_write_into_a_bare_mount_point_is_found(tmp_path: Path, written: bool) -> None:
    disk = Disk(tmp_path / "tier", tmp_path / "disk", real=False)
    assert disk.mount() == []
    (disk.files / "f").touch()
    disk.unmount()
    assert (disk.files / "f").exists()
    if written:
        disk.place.mkdir()
    assert disk.mount() == ([str(disk.place)] if written else [])


@pytest.fixture
def freezable(tmp_path: Path) -> Iterator[Disk]:
    home = tmp_path / "disk"
    with freezable_disk(home, tmp_path / "disk.img", BYTES, real=os.geteuid() == 0) as freezes:
        if not freezes:
            pytest.skip("no ext4 on a loop device here")
        disk = Disk(home, home, real=False, freezes=freezes)
        yield disk
        disk.thaw()


def hangs(pid: int) -> bool:
    """Return True if a process waits in the kernel for longer than a read of its program takes."""
    for _ in range(10):
        if b" D " not in Path(f"/proc/{pid}/stat").read_bytes():
            return False
        time.sleep(0.05)
    return True


def test_a_frozen_disk_holds_up_writes_and_who_writes_can_t_be_killed_until_it_thaws(freezable: Disk) -> None:
    file = freezable.home / "f"
    assert freezable.freeze()
    assert not freezable.freeze()

    with subprocess.Popen(["touch", file]) as writer:
        wait_until(lambda: hangs(writer.pid), 5, "the writer waits")
        os.kill(writer.pid, signal.SIGKILL)
        time.sleep(0.2)
        assert is_alive(writer.pid)
        assert not file.exists()
        freezable.thaw()
        writer.wait(5)

    freezable.thaw()
    file.touch()
    assert file.exists()


def test_a_disk_that_is_a_directory_is_never_frozen(tmp_path: Path) -> None:
    with freezable_disk(tmp_path / "disk", tmp_path / "disk.img", BYTES, real=False) as freezes:
        assert not freezes
    disk = Disk(tmp_path / "tier", tmp_path / "disk", real=False)
    assert not disk.freeze()
    (disk.home / "f").touch()
