"""The disks of the tiers: real mounts in a mount namespace of this program's own, where root may make one.

Elsewhere a disk is a directory that is moved away and back, and can't be frozen.
"""

import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNS = 0x20000
INODE_EVERY = 8192  # bytes of a file system per inode: the files of a world are small


def own_mounts() -> bool:
    """Give this process and its children mounts of their own. Return False if that is not allowed.

    Must be called before the first thread.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(CLONE_NEWNS) != 0:
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode == 0


class Disk:
    """The disk of the tier at `place`: a bind mount of the directory `home` if `real`, else that directory itself."""

    def __init__(self, place: Path, home: Path, *, real: bool, freezes: bool = False) -> None:
        self.place, self.home, self.real, self.freezes = place, home, real, freezes
        self.is_mounted = self.is_frozen = False
        self._lock = threading.Lock()
        home.mkdir(exist_ok=True)
        if real:
            place.mkdir()

    def mount(self) -> list[str]:
        """Mount it. Return what somebody wrote into the bare mount point meanwhile."""
        stray: list[str] = []
        if self.real:
            stray = [str(file) for file in self.place.rglob("*")]
            subprocess.run(["mount", "--bind", self.home, self.place], check=True)
        elif self.place.exists():
            stray = [str(self.place)]
        if not self.real and not stray:
            self.home.rename(self.place)
        self.is_mounted = True
        return stray

    def unmount(self) -> None:
        """Take it away, whoever uses it."""
        if self.real:
            subprocess.run(["umount", "--lazy", self.place], check=True)
        else:
            self.place.rename(self.home)
        self.is_mounted = False

    def freeze(self) -> bool:
        """Hold up all writes to it until `thaw`, even of who is killed. Return False if that is so already."""
        with self._lock:
            if self.is_frozen or not self.freezes:
                return False
            subprocess.run(["fsfreeze", "--freeze", self.home], check=True)
            self.is_frozen = True
            return True

    def thaw(self) -> None:
        """Let all writes go on. Nothing happens if none is held up."""
        with self._lock:
            if self.is_frozen:
                subprocess.run(["fsfreeze", "--unfreeze", self.home], check=True)
                self.is_frozen = False

    @property
    def files(self) -> Path:
        """Where the files of the disk are, mounted or not."""
        return self.home if self.real or not self.is_mounted else self.place


@contextmanager
def freezable_disk(home: Path, image: Path, size: int, *, real: bool) -> Iterator[bool]:
    """Mount a file system of up to `size` bytes, in the file `image`, at `home`. Yield False if that is not possible.

    `home` is a directory of what it is on then.
    """
    home.mkdir()
    if not real:
        yield False
        return
    with open(image, "xb") as file:
        file.truncate(size)
    formatted = _does("mkfs.ext4", "-q", "-F", "-i", str(INODE_EVERY), "-E", "nodiscard", image)
    mounted = formatted and _does("mount", "-o", "loop,noinit_itable", image, home)
    if not mounted:
        yield False
        return
    (home / "lost+found").rmdir()
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", home], check=True)


def _does(*command: str | Path) -> bool:
    """Run a command; return False if it fails or is not there."""
    return shutil.which(command[0]) is not None and subprocess.run(command, check=False).returncode == 0


@contextmanager
def small_disk(place: Path, size: int, *, real: bool) -> Iterator[None]:
    """Mount a disk of `size` bytes at `place`; only a directory if not `real`."""
    place.mkdir()
    if not real:
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
