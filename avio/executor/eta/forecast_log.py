"""Keeps what an attempt expected while it ran, and tells at its end how wrong that was.

Runs in the job process. Pure. Standard library only.
"""

from avio.wire.timings import MARKS, Eta, Forecast

MAX_NOTES = 400


class ForecastLog:
    """The estimates of one attempt, thinned out evenly as they become many. Moments are in seconds of any clock."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._notes: list[tuple[float, Eta]] = []
        self._apart = 0.0  # the least seconds between two notes

    def note(self, now: float, eta: Eta | None) -> None:
        """Keep the estimate of the moment `now`, if there is one."""
        if eta is None or (self._notes and now - self._notes[-1][0] < self._apart):
            return
        self._notes.append((now, eta))
        if len(self._notes) > MAX_NOTES:
            self._notes = self._notes[::2]
            self._apart = 2 * (now - self._began) / MAX_NOTES

    def scored(self, end: float) -> list[Forecast]:
        """Return the forecasts at the marks, for an attempt that ended at the moment `end`.

        The share of the work is the share of the time that it took. At each mark counts the first estimate before the
        next mark; there may be none.
        """
        found = []
        for mark, following in zip(MARKS, (*MARKS[1:], 100), strict=True):
            since, until = (self._began + (end - self._began) * share / 100 for share in (mark, following))
            first = next(((moment, eta) for moment, eta in self._notes if since <= moment < until), None)
            if first is not None:
                moment, eta = first
                found.append(Forecast(mark, eta.p50_ms, eta.p90_ms, max(0, round((end - moment) * 1000))))
        return found
