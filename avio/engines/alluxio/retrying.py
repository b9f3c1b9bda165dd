"""Tries again while the cluster is away or exhausted, for as long as the patience lasts.

Used by the clients in web and the job process. Opens nothing.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from avio.errors import EngineError, Scope

T = TypeVar("T")

FIRST_WAIT = 0.1  # seconds, doubled with each try, with jitter
LONGEST_WAIT = 2.0  # seconds


def patiently(call: Callable[[], T], patience: float, again: type[EngineError] = EngineError) -> T:
    """Return `call()`, repeated while it raises `again` of scope RETRY and `patience` seconds have not passed.

    Only for calls that may be repeated without harm after such an error.
    """
    deadline = time.monotonic() + patience
    wait = FIRST_WAIT
    while True:
        try:
            return call()
        except again as error:
            left = deadline - time.monotonic()
            if error.scope is not Scope.RETRY or left <= 0:
                raise
        time.sleep(min(left, wait * random.uniform(0.5, 1.0)))
        wait = min(LONGEST_WAIT, 2 * wait)
