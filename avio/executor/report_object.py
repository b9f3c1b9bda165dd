"""Stores the report of a job as an object of a bucket, once it is complete.

Runs in the job process, at the end. The job's state tells of the data; whether the report is there, its message says.
"""

import logging
import os
from pathlib import Path

from avio.engines import cancel
from avio.engines.base import Engine
from avio.errors import AvioError
from avio.executor.attempt import Attempt, Stopped
from avio.executor.patience import Patience
from avio.executor.verdict import explain
from avio.wire.orders import Order
from avio.wire.reports import object_name, other_names
from avio.wire.results import FAILED_NAME, REPORT_NAME

COPY_BYTES = 8 << 20
WHOLE_NAME = "report.object"

log = logging.getLogger(__name__)


def store_report(engine: Engine, order: Order, attempt: Attempt, directory: Path, patience_seconds: float) -> str:
    """Store the report where the order asks for it. Return in words where it is, or why it is missing.

    Waits `patience_seconds` for a store that is unavailable. Raises Stopped.
    """
    path = order.params.report_to
    assert path is not None
    patience = Patience(attempt, patience_seconds)
    try:
        fd = _opened(directory, attempt)
        try:
            objects = engine.new_objects()
            place = patience.call(lambda: objects.place_for(path, object_name(order.job)))
            for name in other_names(place, order.job, order.attempt):
                attempt.raise_if_stopping()
                if patience.call(lambda name=name: objects.add(name, fd, attempt)):  # type: ignore[misc]
                    there = f", since {place} was there already" if name != place else ""
                    return f"report stored at {name}{there}"
        finally:
            os.close(fd)
            (directory / WHOLE_NAME).unlink(missing_ok=True)
    except Stopped:
        raise
    except cancel.Stopped:
        raise Stopped from None
    except Exception as error:  # of whatever kind: the data is where it is
        log.error("the report is not stored: %s", error, exc_info=None if isinstance(error, AvioError) else error)
        return f"the report could not be stored at {path}: {explain(error)[1]}"
    return f"the report could not be stored at {path}: there are objects of its names already"


def _opened(directory: Path, attempt: Attempt) -> int:
    """Return the open report: failed files first, then the others. Mostly one of its two files has all."""
    parts = [file for name in (FAILED_NAME, REPORT_NAME) if (file := directory / name).stat().st_size]
    if len(parts) < 2:
        return os.open(parts[0] if parts else directory / REPORT_NAME, os.O_RDONLY | os.O_CLOEXEC)
    whole = os.open(directory / WHOLE_NAME, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        for part in parts:
            with open(part, "rb") as source:
                while os.sendfile(whole, source.fileno(), None, COPY_BYTES):
                    attempt.checked()
                    attempt.raise_if_stopping()
    except BaseException:
        os.close(whole)
        raise
    return whole
