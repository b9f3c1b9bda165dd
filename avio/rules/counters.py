"""The counters of a job as JSON: `files_x` and `bytes_x` are one amount `x`, any other stands alone."""

from typing import Any

from avio.wire.options import camel
from avio.wire.progress import COUNTERS, Counters

AMOUNTS = [name.partition("_")[2] for name in COUNTERS if name.startswith("files_") and f"bytes_{name[6:]}" in COUNTERS]
ALONE = [name for name in COUNTERS if name.partition("_")[2] not in AMOUNTS]


def counted(counters: Counters) -> dict[str, Any]:
    """Return each amount and each counter that stands alone, by its name in JSON."""
    amounts = {
        camel(name): {"files": getattr(counters, f"files_{name}"), "bytes": getattr(counters, f"bytes_{name}")}
        for name in AMOUNTS
    }
    return {**amounts, **{camel(name): getattr(counters, name) for name in ALONE}}
