"""The shapes of the replies about the health of the server. `avio.api.responses` has the others. Used by web alone."""

from typing import Literal

from avio.api.shapes import Reply


class Health(Reply):
    """The process answers."""

    status: Literal["ok"]


class Part(Reply):
    """A part of the server that web needs. `missing` names what does not answer of a part that works without it."""

    ok: bool
    message: str
    missing: list[str] | None = None


class Readiness(Reply):
    """`ok` if every part answers; `degraded` if the engine lacks members, or no worker node or aggregator is alive.

    With `only` there is the part that was asked for.
    """

    status: Literal["ok", "degraded", "away"]
    parts: dict[Literal["database", "redis", "engine", "supervisor", "aggregator"], Part]
