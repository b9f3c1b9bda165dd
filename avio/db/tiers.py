"""Queries on tiers: the id of each tier of the local engine, the same for all nodes. Used by rules and intake."""

from avio.db.sql import change, rows


def known() -> dict[str, str]:
    """Return the id of each tier, by its alias."""
    return {str(alias): str(tier_id) for alias, tier_id in rows("SELECT name, tier_id FROM tiers LIMIT 1000")}


def register(alias: str, tier_id: str) -> None:
    """Remember the id of a tier. If it has one already, that one stays."""
    change("INSERT INTO tiers (name, tier_id) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", alias, tier_id)


def forget(alias: str) -> bool:
    """Forget the id of a tier, whose disk was replaced, and what filled it. Return False if it has no id."""
    change("DELETE FROM cache_maps WHERE tier = ?", alias)
    return change("DELETE FROM tiers WHERE name = ?", alias) > 0


def explain_waiting(message: str) -> None:
    """Set the message of all due queued jobs if no node takes any. A claim empties it."""
    change(
        "UPDATE jobs SET message = ?, version = version + 1, updated_at = {now}"
        " WHERE state = 'queued' AND run_at <= {now} AND message <> ?"
        " AND NOT EXISTS (SELECT 1 FROM nodes WHERE state = 'active' AND lease_until > {now})",
        message,
        message,
    )
