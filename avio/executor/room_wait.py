"""Waits until the cache has room for all of a preload, which holds none of it meanwhile. Has a limit.

Runs in the job process, in the lister's thread. After a short wait the slot is for other jobs: the attempt ends, and
the next one begins when there may be room.
"""

import time
from collections.abc import Callable

from avio.engines.admission import Admission
from avio.errors import CacheFull
from avio.executor.attempt import Attempt, Stopped
from avio.wire.orders import Order
from avio.wire.results import ALL_TIERS, Result
from avio.wire.waiting import Why

LOOK_SECONDS = 1.0  # between two looks for room
SLOT_SECONDS = 5.0  # for which the job keeps its slot; its later attempts only look


class NoRoomYet(Stopped):
    """The job leaves its slot, and waits in the queue for `bytes` of room."""

    def __init__(self, message: str, bytes_: int) -> None:
        super().__init__(message)
        self.message, self.bytes = message, bytes_

    def tell(self, result: Result, order: Order) -> None:
        """Write into the result of a stopped attempt what the next one waits for."""
        result.message = f"waits for room: {self.message}"
        result.wants_bytes = self.bytes
        result.wants_tier = order.params.tier or (ALL_TIERS if order.params.spread else None)


class RoomWait:
    """The wait of one preload with ifFull=wait, at most for its patience."""

    def __init__(self, attempt: Attempt, order: Order) -> None:
        self._attempt, self._seconds = attempt, order.room_patience
        self._slot_seconds = SLOT_SECONDS if order.attempt == 1 else 0.0

    def until_there(self, take: Callable[[], None], room: Admission, leave: Callable[[], bool]) -> None:
        """Return when `take` has taken the `room`. Raise NoRoomYet when others may have the slot.

        Raise the CacheFull of `take` when its patience is over, Stopped if the job must stop.
        """
        began = time.monotonic()
        while True:
            try:
                take()
            except CacheFull as full:
                waited = time.monotonic() - began
                if waited >= self._seconds:
                    self._attempt.waiting.end(self)
                    raise CacheFull(f"{full.message}; no room came in time", cure=full.cure) from None
                if waited >= self._slot_seconds:
                    raise NoRoomYet(full.message, room.needed) from None
                self._attempt.waiting.begin(self, Why.TIER_FULL, full.message)
                self._attempt.wait(min(LOOK_SECONDS, self._seconds - waited), leave)
                if leave():
                    raise Stopped from None
            else:
                self._attempt.waiting.end(self)
                return
