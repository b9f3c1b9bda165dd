"""Strict reading of requests: JSON bodies, repeated query members, slow clients.

flask-openapi asks for JSON with `silent=True`. This class raises anyway, so that no error is hidden.
"""

import json
import sys
from typing import Any, NoReturn

from flask import Flask, Request, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from avio.api.request_fields import QUERY_MEMBERS_MAX
from avio.errors import BadRequest as Refused
from avio.errors import FieldError

BODY_MAX = 64 << 10  # bytes of JSON; the longest order has a third of it
MEMBERS_MAX = 256  # of one JSON object; the widest shape has a tenth of them

# A client may pause the body of a file list for this long. Its thread waits.
IDLE_SECONDS = 30.0

MAX_NAME = 128  # characters of a name that an error repeats

# Query members that are lists.
REPEATABLE = frozenset({"status", "type"})


def register(app: Flask) -> None:
    """Bound the waits for a client, and refuse queries with too many members or a repeated one."""
    app.before_request(_bound_waits)
    app.before_request(_check_query)


def _bound_waits() -> None:
    """Set a time limit on the socket. Gunicorn sets none after the headers."""
    if "gunicorn.socket" in request.environ:
        request.environ["gunicorn.socket"].settimeout(IDLE_SECONDS)


def _check_query() -> None:
    """Refuse too many members before any is parsed, and a repeated one, since one of its values would be ignored.

    No route is no query: such a request takes no place among those of its user, and must cost nothing.
    """
    if request.url_rule is None:
        return
    if request.query_string.count(b"&") >= QUERY_MEMBERS_MAX:
        raise Refused(f"the query has more than {QUERY_MEMBERS_MAX} members", cure="give each member once")
    doubled = [name for name, values in request.args.lists() if len(values) > 1 and name not in REPEATABLE]
    if doubled:
        fields = [FieldError(name, "occurs more than once; give it once") for name in doubled]
        raise Refused(f"the request is invalid: {', '.join(doubled)}", fields)


class _NotStrict(Exception):
    """The JSON is one that parsers read differently. The message says where."""


class StrictRequest(Request):
    """A request with strict JSON: no repeated members, no NaN, no other content type."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the body's JSON, `{}` for an empty body. Raise 400 or 415, whatever the arguments are."""
        data = self.get_data()
        if not data:
            return {}
        if not self.is_json or self.headers.get("Content-Encoding"):
            raise UnsupportedMediaType("send the body with Content-Type: application/json")
        try:
            found = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_number)
        except RecursionError:
            raise BadRequest("the JSON is nested too deeply") from None
        except UnicodeDecodeError as error:
            raise BadRequest(f"the body is not JSON: its byte {error.start + 1} is not valid UTF-8") from None
        except (json.JSONDecodeError, _NotStrict) as error:
            raise BadRequest(f"the body is not JSON: {error}") from None
        except ValueError:  # of int()
            digits = sys.get_int_max_str_digits()
            raise BadRequest(f"the body is not JSON that avio reads: a number has more than {digits} digits") from None
        if not isinstance(found, dict):
            raise BadRequest("the body is not a JSON object; send {...}")
        return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MEMBERS_MAX:
        raise _NotStrict(f"an object has more than {MEMBERS_MAX} members")
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _NotStrict(f"member {name[:MAX_NAME]!r} occurs more than once")
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise _NotStrict(f"{text} is not a JSON number")
