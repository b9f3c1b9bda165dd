"""The sweep: queued jobs whose hint was lost get another; what nobody needs any more is forgotten.

Runs in the aggregator.
"""

import logging
from collections.abc import Callable

from avio.db import filelists, hints, tokens
from avio.db.connecting import borrow
from avio.db.sql import now
from avio.faults import fault

ABANDONED_UPLOAD_SECONDS = 3600
EXPIRED_TOKEN_SECONDS = 7 * 86400

log = logging.getLogger(__name__)


def sweep(push: Callable[[list[str]], None]) -> int:
    """Push the hints of due jobs again; return how many. When `push` fails they are taken again in a while."""
    with borrow():
        lost = hints.lost()
    if lost:
        fault("aggregator.before-push")
        push(lost)
        log.info("hints pushed again", extra={"jobs": len(lost)})
    return len(lost)


def forget() -> None:
    """Drop uploads that were never completed and tokens that expired long ago."""
    with borrow():
        filelists.drop_abandoned(ABANDONED_UPLOAD_SECONDS)
        tokens.forget_old(now() - EXPIRED_TOKEN_SECONDS)
