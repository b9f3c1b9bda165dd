"""Keeps a loop that meets the same trouble several times a second from filling the log with it."""

import time

AGAIN_SECONDS = 60.0


class LogPace:
    """Says which of many equal texts are logged: the first, and one a minute for as long as it goes on."""

    def __init__(self) -> None:
        self._logged: dict[str, float] = {}

    def is_due(self, text: str) -> bool:
        """Return True if `text` was not logged within the last minute."""
        now = time.monotonic()
        self._logged = {each: when for each, when in self._logged.items() if now - when < AGAIN_SECONDS}
        return self._logged.setdefault(text, now) == now
