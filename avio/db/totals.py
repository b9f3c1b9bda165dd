"""Queries on the totals of metrics: the aggregator adds, web reads. No row is ever deleted or set to less."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from avio.db.sql import change_many, rows

MOST_ROWS = 20_000

_ADD = (
    "INSERT INTO totals (metric, labels, part, value) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (metric, labels, part) DO UPDATE SET value = totals.value + excluded.value"
)


class Place(NamedTuple):
    """Where an amount counts: a metric, its labels (name to value), and the part of a histogram."""

    metric: str
    labels: tuple[tuple[str, str], ...] = ()
    part: str = ""


def add(amounts: Mapping[Place, float]) -> None:
    """Add to the totals. What would make one fall is left out. Rows are locked in the order of their keys."""
    change_many(
        _ADD,
        [
            (place.metric, json.dumps(dict(place.labels), sort_keys=True), place.part, amount)
            for place, amount in sorted(amounts.items())
            if amount > 0
        ],
    )


def all_totals() -> list[tuple[Place, float]]:
    """Return every total. Their number is bounded: no label has many values."""
    found = rows("SELECT metric, labels, part, value FROM totals ORDER BY metric, labels, part LIMIT ?", MOST_ROWS)
    return [
        (Place(metric, tuple(sorted(json.loads(labels).items())), part), value) for metric, labels, part, value in found
    ]
