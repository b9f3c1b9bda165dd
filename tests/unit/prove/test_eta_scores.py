"""How `python -m prove.eta` scores what jobs told of their ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

from prove.eta_scores import Score, Seen, scores, table

BEGAN = datetime(2026, 5, 2, tzinfo=UTC)
JOB = {"startTime": BEGAN.isoformat(), "finishTime": (BEGAN + timedelta(seconds=100)).isoformat()}


def seen(second: int, p50: int | None, p90: int = 0) -> Seen:
    eta: Any = p50 and {
        "p50": (BEGAN + timedelta(seconds=p50)).isoformat(),
        "p90": (BEGAN + timedelta(seconds=p90)).isoformat(),
    }
    return BEGAN + timedelta(seconds=second), eta


def test_at_each_mark_counts_the_first_estimate_that_was_told_before_the_next_mark() -> None:
    told = [seen(5, 10, 20), seen(12, None), seen(20, 84, 99), seen(22, 100, 100), seen(60, 140, 150)]

    assert scores(JOB, told) == {10: Score(0.8, covered=False), 50: Score(2.0, covered=True)}


def test_an_estimate_is_close_within_a_fifth() -> None:
    assert [Score(ratio, covered=True).is_close for ratio in (0.79, 0.85, 1.15, 1.21)] == [False, True, True, False]


def test_the_table_counts_jobs_that_told_nothing_as_not_close() -> None:
    text = table({"small": [{10: Score(1.1, covered=True)}, {}], "large": []})

    assert [line.split()[:5] for line in text.splitlines() if " 10% " in line] == [
        ["small", "10%", "2", "1", "1/2"],
        ["large", "10%", "0", "0", "0/0"],
        ["all", "10%", "2", "1", "1/2"],
    ]
