"""Checks of the parts that a web process needs. Used by web; no login needed."""

from collections.abc import Callable

from avio.db import aggregators, schema, waiting
from avio.db.connection import borrow
from avio.engines.base import Engine
from avio.engines.members import Member
from avio.errors import AvioError, EngineAway, TierNotMounted
from avio.rules.engine_health import EngineHealth, EngineState, subject
from avio.rules.tiers import expect_known_tiers

ENGINE_WAIT_SECONDS = 1.0  # seconds that a readiness probe waits for the engine


def parts(ping_redis: Callable[[], object]) -> dict[str, Callable[[], object]]:
    """Return a check for each part but the engine. A check raises the error of its part."""
    return {"database": check_database, "redis": ping_redis}


def check_database() -> None:
    """Raise the errors of the database, or Unavailable if its tables are of another version."""
    with borrow():
        schema.require_current()


def engine_state(engine: Engine, health: EngineHealth) -> EngineState:
    """Return which members of the engine answer, soon, whatever they do."""
    expect_known_tiers(engine)
    return health.state(ENGINE_WAIT_SECONDS)


def public_message(state: EngineState) -> str:
    """Return what anybody may know of `state`: names, causes and cures, and no addresses. A line for each.

    Empty if all is there.
    """
    return "\n".join(public_error(member, error) for member, error in state.missing)


def public_error(member: Member, error: AvioError) -> str:
    """Return what anybody may know of the error of a member."""
    if isinstance(error, TierNotMounted):
        return error.message
    if isinstance(error, EngineAway):
        return ": ".join(filter(None, (subject(member, error), error.public)))
    return f"{subject(member, error)}: {error.public or f'{error.reason}; {type(error).cure}'}"


def living_nodes() -> int:
    """Return how many worker nodes are alive: without one, every job waits. Raises the errors of the database."""
    with borrow():
        return waiting.fleet().alive


def living_aggregators() -> int:
    """Return how many aggregators are alive. Raises the errors of the database."""
    with borrow():
        return aggregators.alive()
