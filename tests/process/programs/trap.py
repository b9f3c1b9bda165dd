"""What forged queue entries name as their call-backs: it leaves a file behind when anybody calls it."""

from pathlib import Path
from typing import Any


def spring(job: Any, *_: Any) -> None:
    """Write the file that the entry's own data names."""
    Path(job.meta["trap"]).touch()
