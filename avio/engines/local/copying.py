"""Copies bytes from one open file to another inside the kernel, a chunk at a time.

Used in the job process. Between two chunks the attempt is asked whether it may go on.
"""

import errno
import os

from avio.engines.base import Run
from avio.engines.local.stopping import go_on

CHUNK = 4 << 20  # bytes between two looks at the attempt

_NOT_HERE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}


def copy_bytes(source: int, target: int, size: int, run: Run) -> int:
    """Copy up to `size` bytes from the start of `source` to the position of `target`; return how many there were."""
    copied = 0
    in_kernel = True
    while copied < size:
        go_on(run)
        count = min(CHUNK, size - copied)
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
    return copied


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of `data` at the position of `fd`; a short write is no error of the disk yet."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
