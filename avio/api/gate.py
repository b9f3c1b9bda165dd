"""The gate: a long poll that answers when a path is cached, or saved, as far as the caller asks for."""

from typing import Any

from flask import request

from avio.api import serializers
from avio.api.auth import caller, look_up, token
from avio.api.blueprints import blueprint, problems
from avio.api.gate_shapes import WaitInfo, WaitQuery
from avio.api.hang_up import hang_up_of
from avio.api.hub import Note
from avio.api.services import services
from avio.clock import rfc3339
from avio.rules.gate import Answer
from avio.wire.paths import shown_path

gate = blueprint("gate")


@gate.get("/wait", responses={200: WaitInfo, **problems(403, 404, 413, 422)})
def wait(query: WaitQuery) -> dict[str, Any]:
    """Wait until a path is cached, or saved, as far as `until` says."""
    answer = _wait(query) if query.wait else _ask(query)
    look, zone = answer.look, services().zone
    entry = None if look is None else look.entry
    return {
        "path": shown_path(query.alluxio_uri),
        "until": query.until,
        "met": not answer.unmet,
        "unmet": answer.unmet,
        "lookTime": None if look is None else rfc3339(look.at, zone),
        "entry": None if entry is None else serializers.entry_info(entry, zone),
    }


def _wait(query: WaitQuery) -> Answer:
    """Wait at one of the places of event streams and long polls."""
    listener = services().hub.listen(query.alluxio_uri, caller().uid)
    has_hung_up = hang_up_of(request.environ)
    try:
        answer = _ask(query, lambda: listener.next(0) is Note.CLOSED or has_hung_up())
    finally:
        listener.close()
    look_up(token())  # a token that has ended since learns nothing
    return answer


def _ask(query: WaitQuery, is_over: Any = lambda: False) -> Answer:
    return services().gate.wait(
        caller(),
        query.alluxio_uri,
        query.condition,
        query.wait,
        may_be_missing=query.missing == "wait",
        is_over=is_over,
    )
