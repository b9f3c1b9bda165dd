"""An answer that many ask for and few may look for: asked anew when it is old, by one at a time. Used by web."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Fresh(Generic[T]):
    """The newest answer of `ask`, at most `seconds` old when nobody is asking.

    While one thread asks, the others get the answer before; without one they wait. `ask` raises nothing and ends soon.
    """

    def __init__(self, ask: Callable[[], T], seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._answered = threading.Condition()
        self._answer: T | None = None
        self._until = float("-inf")
        self._is_asked = False

    def get(self) -> T:
        """Return the answer."""
        with self._answered:
            while self._answer is None and self._is_asked:
                self._answered.wait()
            if self._answer is not None and (self._is_asked or time.monotonic() < self._until):
                return self._answer
            self._is_asked = True
        answer = self._answer
        try:
            answer = self._ask()
        finally:
            with self._answered:
                self._answer, self._until = answer, time.monotonic() + self._seconds
                self._is_asked = False
                self._answered.notify_all()
        return answer
