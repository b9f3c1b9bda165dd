"""Reading requests strictly: JSON bodies, query members that are given twice, clients that let us wait.

flask-openapi3 asks for JSON with `silent=True`; here nothing is silent, so that it never guesses.
"""

import json
from typing import Any, NoReturn

from flask import Flask, Request, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from avio.errors import BadRequest as Refused
from avio.errors import FieldError

BODY_MAX = 1 << 20

# How long a client may let a body, or the reading of a reply, rest: its thread waits with it.
IDLE_SECONDS = 30.0

# Query members that are lists.
REPEATABLE = frozenset({"status", "type"})


def register(app: Flask) -> None:
    """Bound the waits for a client, and refuse queries that say two things at once."""
    app.before_request(_bound_waits)
    app.before_request(_refuse_doubled)


def _bound_waits() -> None:
    """Gunicorn gives the socket along, without a limit of its own once the headers are read."""
    if "gunicorn.socket" in request.environ:
        request.environ["gunicorn.socket"].settimeout(IDLE_SECONDS)


def _refuse_doubled() -> None:
    """Of a member that is given twice, one would be overheard."""
    doubled = [name for name, values in request.args.lists() if len(values) > 1 and name not in REPEATABLE]
    if doubled:
        fields = [FieldError(name, "is given more than once; give it once") for name in doubled]
        raise Refused(f"the request is refused for {', '.join(doubled)}", fields)


class StrictRequest(Request):
    """A request whose JSON is JSON: no doubled members, no NaN, no other content type."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the body's JSON, `{}` for no body at all; 400 or 415 whatever the arguments say."""
        data = self.get_data()
        if not data:
            return {}
        if not self.is_json or self.headers.get("Content-Encoding"):
            raise UnsupportedMediaType("send the body as plain Content-Type: application/json")
        try:
            found = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_number)
        except RecursionError:
            raise BadRequest("the JSON is nested too deep") from None
        except ValueError as error:
            raise BadRequest(f"the body is no JSON: {error}") from None
        if not isinstance(found, dict):
            raise BadRequest("the body is no JSON object; send {...}")
        return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"member {doubled!r} is there more than once")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")
