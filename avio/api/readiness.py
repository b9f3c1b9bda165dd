"""What /readyz answers: whether every part answers, and which parts and members do not. Used by web alone."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import redis

from avio.rules import health as rules
from avio.rules.engine_health import EngineHealth
from avio.rules.types import Engine
from avio.rules.waiting import NO_NODE

NO_AGGREGATOR = "no aggregator is alive"
NOT_KNOWN = {"ok": False, "message": "not known"}

log = logging.getLogger(__name__)


def take_database() -> Mapping[str, Any]:
    """Return a Readiness of the database alone, as it is now. Raises nothing."""
    part = _part(rules.check_database)
    return {"status": "ok" if part["ok"] else "away", "parts": {"database": part}}


class Readings:
    """Asks every part of a web process."""

    def __init__(self, engine: Engine, health: EngineHealth, client: redis.Redis) -> None:
        self._engine = engine
        self._health = health
        self._client = client

    def take(self) -> Mapping[str, Any]:
        """Return a Readiness, as it is now. Raises nothing."""
        parts = {name: _part(check) for name, check in rules.parts(self._client.ping).items()}
        parts["engine"] = self._of_engine()
        is_away = not all(part["ok"] for part in parts.values())
        processes = {"supervisor": _supervisor, "aggregator": _aggregator}
        parts |= {name: look() if parts["database"]["ok"] else NOT_KNOWN for name, look in processes.items()}
        if is_away:
            return {"status": "away", "parts": parts}
        is_whole = all(parts[name]["ok"] for name in processes) and not parts["engine"]["missing"]
        return {"status": "ok" if is_whole else "degraded", "parts": parts}

    def _of_engine(self) -> dict[str, Any]:
        began = time.monotonic()
        state = rules.engine_state(self._engine, self._health)
        message = rules.public_message(state) or f"answered in {(time.monotonic() - began) * 1000:.1f} ms"
        return {"ok": state.serves, "message": message, "missing": [member.name for member, _ in state.missing]}


def _supervisor() -> dict[str, Any]:
    """Web works without worker nodes: it answers tasks, and jobs wait."""
    return _living(rules.living_nodes, "worker nodes", f"{NO_NODE}: jobs wait")


def _aggregator() -> dict[str, Any]:
    """Jobs run without aggregators. Their progress is not seen, and those of dead nodes stay with them."""
    return _living(rules.living_aggregators, "aggregators", f"{NO_AGGREGATOR}: progress is not shown")


def _living(count: Callable[[], int], what: str, none: str) -> dict[str, Any]:
    try:
        alive = count()
    except Exception as error:
        log.warning("the %s are not known: %s", what, error)
        return NOT_KNOWN
    return {"ok": alive > 0, "message": f"{alive} alive" if alive else none}


def _part(check: Callable[[], Any]) -> dict[str, Any]:
    """The message is the same for every failure: the reply is public, errors may have addresses."""
    began = time.monotonic()
    try:
        check()
    except Exception as error:
        log.warning("a part is unavailable: %s", error)
        return {"ok": False, "message": "does not answer; see the log"}
    return {"ok": True, "message": f"answered in {(time.monotonic() - began) * 1000:.1f} ms"}
