"""Whether the tiers of a machine are those of the whole server: each has the id that the database knows.

Used by admin, intake and web. Needs a database connection.
"""

import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from peewee import DatabaseError

from avio.config import Settings
from avio.config.local import TierSpec
from avio.db import leases
from avio.db import tiers as queries
from avio.db.connection import AWAY, borrow
from avio.engines.base import Engine
from avio.engines.local.marker import make_marker, marker_of
from avio.engines.local.memory_disks import in_memory
from avio.engines.local.tier_safety import TierUnsafe
from avio.errors import Conflict
from avio.terminal.shell import shell_word

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TierProblem:
    """Why no job may use a tier here, and what to do about it."""

    alias: str
    message: str
    cure: str


def wrong_tiers(settings: Settings) -> list[TierProblem]:
    """Return what is wrong with the tiers of this machine: of `settings`, and of the server. Changes nothing."""
    known, owners = queries.known(), settings.tier_owners()
    found = [wrong for tier in settings.tiers if (wrong := _wrong(tier, known.get(tier.alias), owners))]
    return found + _lacking(settings, known)


def adopt(settings: Settings) -> list[TierProblem]:
    """Mark and register each tier that the database does not know yet; return those that may not be used here.

    A node that lacks a tier of the server registers none: its new tiers are not the server's, but its own. The only
    node that there ever was forgets the tiers that its settings no longer have.
    """
    _forget_unused(settings)
    if wrong := wrong_tiers(settings):
        return wrong
    known = queries.known()
    for tier in settings.tiers:
        if tier.alias not in known:
            try:
                tier_id = make_marker(tier.path)
            except OSError as error:
                log.error("tier %s at %s was not marked: %s", tier.alias, tier.path, error.strerror)
                continue
            queries.register(tier.alias, tier_id)
            log.info("tier %s at %s is registered", tier.alias, tier.path, extra={"tier_id": tier_id})
    return wrong_tiers(settings)


def removed(settings: Settings) -> list[str]:
    """Return the tiers that the server knows and `settings` do not have, of the local engine."""
    return [wrong.alias for wrong in _lacking(settings, queries.known())]


def _forget_unused(settings: Settings) -> None:
    if settings.engine != "local" or [node.name for node in leases.all_nodes()] != [settings.node]:
        return
    for alias in queries.known().keys() - {tier.alias for tier in settings.tiers}:
        queries.forget(alias)
        log.warning("tier %s is no longer in the settings of the only node, and is forgotten", alias)


def replace(settings: Settings, alias: str) -> bool:
    """Mark and register the disk that is at the path of the tier `alias` now. Return False if there is no such tier."""
    found = [tier for tier in settings.tiers if tier.alias == alias]
    for tier in found:
        tier_id = make_marker(tier.path)
        queries.forget(alias)
        queries.register(alias, tier_id)
    return bool(found)


def forget(settings: Settings, alias: str) -> bool:
    """Forget the tier `alias`, which was removed from the settings. Return False if the database has none.

    Raises Conflict while this machine's settings have it.
    """
    if any(tier.alias == alias for tier in settings.tiers):
        raise Conflict(f"tier {alias} is in the settings", cure="remove it from avio.toml on every machine first")
    return queries.forget(alias)


def expect_known_tiers(engine: Engine) -> None:
    """Let `engine` refuse disks that are not those of the tiers in the database, if that answers and has its tables."""
    with suppress(*AWAY, DatabaseError), borrow():
        engine.expect(queries.known())


def _lacking(settings: Settings, known: Mapping[str, str]) -> list[TierProblem]:
    """Return the tiers of the server that `settings` do not have: what lies there would be unknown here."""
    if settings.engine != "local":
        return []
    missing = sorted(known.keys() - {tier.alias for tier in settings.tiers})
    return [
        TierProblem(
            alias,
            f"tier {alias} of the other nodes is missing in the settings of this machine",
            f"add it to avio.toml, with the directory that the other nodes share; if no machine has it any longer:"
            f" avio-server tiers --forget {alias}",
        )
        for alias in missing
    ]


def _cure_of_missing(tier: TierSpec) -> str:
    again = f"mkdir -p -m 755 {shell_word(tier.path)}; avio-server tiers --init {tier.alias}"
    if in_memory(tier.path):
        return f"the tier is in the memory of the machine, which a restart empties; begin with an empty tier: {again}"
    return (
        "mount its disk, or the directory that the other nodes share; if the disk was replaced, or the path in the"
        f" settings changed: {again}"
    )


def _wrong(tier: TierSpec, known: str | None, owners: Collection[int]) -> TierProblem | None:
    try:
        here = marker_of(tier.path, owners, shared=tier.shared)
    except TierUnsafe as error:
        return TierProblem(tier.alias, f"tier {tier.alias}: {error.message}", error.cure)
    except OSError as error:
        return TierProblem(tier.alias, f"tier {tier.alias} at {tier.path}: {error.strerror}", "check its disk")
    if here == known or known is None:
        return None
    if here is None:
        return TierProblem(
            tier.alias,
            f"tier {tier.alias} is not mounted at {tier.path}: the marker .avio/tier of this server's {tier.alias}"
            " is missing there",
            _cure_of_missing(tier),
        )
    return TierProblem(
        tier.alias,
        f"tier {tier.alias} at {tier.path} is not the tier {tier.alias} of the other nodes: another marker is there",
        f"mount the shared directory of the other nodes at {tier.path}, or give this tier another alias",
    )
