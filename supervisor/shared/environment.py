"""The environment of intake, with the passwords of database and Redis, in a file in the kernel's memory.

keeper holds the file open, and has none of its content in its own memory, which forked job processes copy. Made by
keeper's program at its start, read by intake. Standard library only.
"""

import json
import os
from collections.abc import Mapping

NAME = "avio-environment"


def keep(environ: Mapping[str, str]) -> int:
    """Return the descriptor of a new file with `environ`, which programs that this process starts inherit."""
    return write_memory(NAME, json.dumps(dict(environ)))


def adopt(fd: int) -> None:
    """Take the environment of the file `fd` in place of this process's own, and close the file."""
    found = json.loads(read_memory(fd))
    os.environ.clear()
    os.environ.update(found)


def write_memory(name: str, text: str) -> int:
    """Return the descriptor of a new file without a path. It has `text`, and is inherited."""
    fd = os.memfd_create(name, 0)
    with os.fdopen(os.dup(fd), "w", encoding="utf-8") as file:
        file.write(text)
    return fd


def read_memory(fd: int) -> str:
    """Return the content of a file of `write_memory`, and close it here. Other processes may have it open."""
    text = os.pread(fd, os.fstat(fd).st_size, 0)
    os.close(fd)
    return text.decode("utf-8")
