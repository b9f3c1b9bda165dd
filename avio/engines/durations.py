"""How long calls of an engine may take without progress.

Used in the job process. Imports nothing.
"""

# How long calls may take that show no progress: counting the bytes of a tier, and the end of an upload in parts, in
# seconds; syncing a file to its disk, in bytes a second of the slowest disk.
MEASURE_SECONDS = 3600.0
COMPLETE_SECONDS = 1800.0
SYNC_BYTES_PER_SECOND = 10e6
SYNC_ALL_SECONDS = 900.0  # to sync a file system with what other programs have written


def sync_seconds(size: int) -> float:
    """Return how many seconds syncing a file of `size` bytes may take."""
    return 60.0 + size / SYNC_BYTES_PER_SECOND
