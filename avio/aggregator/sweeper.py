"""The sweep: pushes lost hints again.

Runs in the aggregator.
"""

import logging
from collections.abc import Callable

from avio.db import hints
from avio.db.connection import borrow
from avio.faults import fault

log = logging.getLogger(__name__)


def sweep(count: Callable[[], int], push: Callable[[list[str]], None]) -> int:
    """Push the hints that the queue lacks, which has `count()`. Return the number.

    If `push` fails, a later sweep pushes them.
    """
    on_queue = count()
    with borrow():
        missing = hints.missing(on_queue)
        lost = hints.lost(missing) if missing else []
    if lost:
        fault("aggregator.before-push")
        push(lost)
        log.info("hints pushed again", extra={"jobs": len(lost)})
    return len(lost)
