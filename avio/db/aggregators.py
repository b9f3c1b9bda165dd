"""Queries on the aggregators that are alive. Written by each of them, read by web and admin."""

from avio.db.sql import change, row

ALIVE_SECONDS = 30.0
FORGET_SECONDS = 86400.0


def beat(name: str) -> None:
    """Say that an aggregator is alive, and forget those that were not seen for a day."""
    change(
        "INSERT INTO aggregators (name, seen_at) VALUES (?, {now})"
        " ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at",
        name,
    )
    change("DELETE FROM aggregators WHERE seen_at < {now} - ?", FORGET_SECONDS)


def leave(name: str) -> None:
    """Forget an aggregator that ends."""
    change("DELETE FROM aggregators WHERE name = ?", name)


def alive() -> int:
    """Return how many aggregators were seen in the last `ALIVE_SECONDS`."""
    found = row("SELECT count(*) FROM aggregators WHERE seen_at > {now} - ?", ALIVE_SECONDS)
    assert found is not None
    return int(found[0])
