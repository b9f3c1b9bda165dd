"""The problem document of an error (RFC 9457), as a plain dictionary. Used by web alone; knows no Flask."""

from collections.abc import Sequence
from typing import Any

from avio.errors import FieldError

MEDIA_TYPE = "application/problem+json"

FIELDS_MAX = 32  # errors that a document names
NAME_MAX = 128  # characters of a member's name that it repeats
MESSAGE_MAX = 1000  # characters of any message


def problem(
    status: int,
    reason: str,
    detail: str,
    *,
    instance: str,
    request_id: str,
    cure: str = "",
    fields: Sequence[FieldError] = (),
    more: int = 0,
) -> dict[str, Any]:
    """Return the document. What a client sent is repeated shortened, so that no reply is longer than its request.

    There are `more` errors than those of `fields`.
    """
    errors = [
        {"field": shortened(field.field, NAME_MAX), "message": shortened(field.message)}
        for field in fields[:FIELDS_MAX]
    ]
    if more := more + len(fields) - len(errors):
        errors.append({"field": "", "message": f"and {more} more"})
    return {
        "type": "urn:avio:problem:" + reason.lower().replace("_", "-"),
        "title": reason.replace("_", " ").capitalize(),
        "status": status,
        "detail": shortened(detail),
        "instance": instance,
        "reason": reason,
        "requestId": request_id,
        "cure": cure,
        "errors": errors,
    }


def shortened(text: str, limit: int = MESSAGE_MAX) -> str:
    """Return `text`, cut to `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
