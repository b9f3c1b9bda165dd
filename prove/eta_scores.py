"""How right the estimates of a job were, as its user saw them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Any

MARKS = (10, 25, 50)  # percent of the job's time
CLOSE = 0.2

Seen = tuple[datetime, Mapping[str, str] | None]  # a moment, and the estimate of that moment


@dataclass(frozen=True, slots=True)
class Score:
    """At one mark: p50 by the time that the rest took, and whether the rest was over before p90."""

    ratio: float
    covered: bool

    @property
    def is_close(self) -> bool:
        """Return True if p50 was within 20 %."""
        return abs(self.ratio - 1) <= CLOSE


def scores(job: Mapping[str, Any], seen: Sequence[Seen]) -> dict[int, Score]:
    """Return the scores of an ended job by mark: of the first estimate from the mark on, before the next mark."""
    began, ended = (datetime.fromisoformat(job[name]) for name in ("startTime", "finishTime"))
    found = {}
    for mark, following in zip(MARKS, (*MARKS[1:], 100), strict=True):
        since, until = (began + (ended - began) * share / 100 for share in (mark, following))
        first = next(((at, eta) for at, eta in seen if since <= at < until and eta is not None), None)
        if first is not None:
            at, eta = first
            rest = (ended - at).total_seconds()
            likely, late = (datetime.fromisoformat(eta[name]) for name in ("p50", "p90"))
            found[mark] = Score((likely - at).total_seconds() / rest, ended <= late)
    return found


def table(found: Mapping[str, Sequence[Mapping[int, Score]]]) -> str:
    """Return the distribution by shape and mark: how many jobs had an estimate, and how right these were."""
    head = f"{'shape':8} {'after':>6} {'jobs':>5} {'told':>5} {'within 20 %':>12} {'p50 / actual: 10 %':>20}"
    lines = [f"{head} {'median':>8} {'90 %':>8} {'within p90':>11}"]
    every = [scored for jobs in found.values() for scored in jobs]
    for shape, jobs in [*found.items(), ("all", every)]:
        for mark in MARKS:
            made = [scored[mark] for scored in jobs if mark in scored]
            ratios = sorted(score.ratio for score in made)
            tenths = quantiles(ratios, n=10, method="inclusive") if len(ratios) > 1 else [*ratios * 9] or [0.0] * 9
            close, covered = (
                f"{sum(each)}/{len(jobs)}" for each in ([s.is_close for s in made], [s.covered for s in made])
            )
            figures = f"{tenths[0]:20.2f} {tenths[4]:8.2f} {tenths[8]:8.2f}"
            lines.append(f"{shape:8} {mark:5}% {len(jobs):5} {len(made):5} {close:>12} {figures} {covered:>11}")
    return "\n".join(lines)
