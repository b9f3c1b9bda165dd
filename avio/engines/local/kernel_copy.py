"""Copies bytes from one open file to another inside the kernel, and compares open files, a chunk at a time.

Used in the job process. It checks the attempt between two chunks.
"""

import errno
import os

from avio.engines.cancel import check_cancelled
from avio.engines.pay import pay
from avio.engines.run import Run

CHUNK_BYTES = 4 << 20  # bytes between two looks at the attempt

_NOT_HERE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}


def copy_bytes(source: int, target: int, size: int, run: Run) -> int:
    """Copy up to `size` bytes from the start of `source` to the position of `target`. Return the number."""
    copied = 0
    in_kernel = True
    while copied < size:
        check_cancelled(run)
        count = min(run.bandwidth.piece(CHUNK_BYTES), size - copied)
        if in_kernel:
            try:
                done = os.copy_file_range(source, target, count, offset_src=copied)
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                in_kernel = False
                continue
        else:
            done = os.sendfile(target, source, copied, count)
        if done == 0:
            break
        copied += done
        run.moved(done)
        pay(run, done)
    return copied


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of `data` at the position of `fd`. Continue after a short write."""
    done = os.write(fd, data)
    while done < len(data):
        data = memoryview(data)[done:]
        done = os.write(fd, data)


def same_bytes(one: int, other: int, run: Run) -> bool:
    """Return True if both open files have the same bytes."""
    offset = 0
    while True:
        check_cancelled(run)
        chunk = os.pread(one, CHUNK_BYTES, offset)
        if chunk != os.pread(other, CHUNK_BYTES, offset):
            return False
        if not chunk:
            return True
        offset += len(chunk)
        run.checked(len(chunk))
