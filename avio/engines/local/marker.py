"""The marker of a tier, `<tier>/.avio/tier`: an id by which avio knows the disk. Without it, the disk is not mounted.

Used by admin and intake, which make it, and in web and the job process, which never do.
"""

import os
import secrets
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from avio.engines.local.book import BOOK, give
from avio.engines.local.root import HIDDEN, MARKER, read_marker
from avio.engines.local.tier_safety import open_tier


def marker_of(tier: Path, owners: Collection[int] = (), *, shared: bool = False) -> str | None:
    """Return the id of the tier in the directory `tier`, or None if it has none.

    Raise OSError if it is unreadable, and TierUnsafe as `open_tier`.
    """
    try:
        fd = open_tier(str(tier), owners, shared=shared)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return read_marker(fd)
    finally:
        os.close(fd)


def make_marker(tier: Path) -> str:
    """Make the directory `tier`, its marker and its book where they are missing, and return its id. Idempotent."""
    hidden = tier / HIDDEN
    os.makedirs(tier, mode=0o755, exist_ok=True)
    with suppress(FileExistsError):
        hidden.mkdir(mode=0o755)
        give(os.open(hidden, os.O_RDONLY | os.O_CLOEXEC), tier.stat(), 0o755)
    whole = hidden / f"{MARKER}.{secrets.token_hex(8)}"
    fd = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    os.write(fd, f"{secrets.token_hex(16)}\n".encode("ascii"))
    os.fsync(fd)
    give(fd, tier.stat(), 0o644)
    with suppress(FileExistsError):  # made here, since a job process may not give it to the owner of the tier
        book = os.open(hidden / BOOK, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        give(book, tier.stat(), 0o644)
    with suppress(FileExistsError):
        os.link(whole, hidden / MARKER)  # fails if another process was faster
    whole.unlink()
    found = marker_of(tier, shared=True)  # whether it is safe was looked at before
    assert found is not None
    return found
