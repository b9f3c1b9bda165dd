"""The directories that are filled: emptied before each run, in memory that the machine has touched before."""

import mmap
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

PAGE = mmap.PAGESIZE


def empty(directories: Iterable[Path]) -> None:
    """Remove what is in all of them: what lies in one is memory that the next run would have to get anew."""
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)


def touch_memory(size: int) -> None:
    """Use so many bytes of memory once, and give them back: the first use of a page is dear on a virtual machine."""
    with mmap.mmap(-1, size) as memory:
        for at in range(0, size, PAGE):
            memory[at] = 1


def must_hold(directory: Path, files: int, size: int) -> None:
    """Raise RuntimeError unless there are so many files below `directory`, of `size` bytes each."""
    found = [os.path.getsize(Path(place, name)) for place, _, names in os.walk(directory) for name in names]
    if found != [size] * files:
        raise RuntimeError(f"{len(found)} of {files} files are there, with {sum(found)} of {size * files} bytes")


def write_files(directory: Path, files: int, size: int, body: Callable[[int], bytes] | None = None) -> None:
    """Write files of random bytes, a thousand a directory."""
    stock = os.urandom(size + files)
    for no in range(files):
        file = directory / f"{no // 1000:03}" / f"{no:06}.bin"
        if no % 1000 == 0:
            file.parent.mkdir(parents=True)
        file.write_bytes(stock[no : no + size] if body is None else body(no))
