"""Files that may hold secrets: made closed to other users. Used by the commands that make them."""

import os


def closed(path: str, flags: int) -> int:
    """Open a file; one that is made is its owner's alone. An `opener` of `open`."""
    return os.open(path, flags, 0o600)
