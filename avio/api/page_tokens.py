"""Page tokens of paths: opaque to clients, and refused if a client invented them. Used by web alone."""

import base64
import binascii
import os

from avio.errors import BadRequest, FieldError
from avio.wire.paths import is_bytes, is_under


def make_token(after: str | None) -> str | None:
    """Return the token of the page after the path `after`, or None after the last page."""
    return None if after is None else base64.urlsafe_b64encode(os.fsencode(after)).decode()


def read_token(token: str | None, root: str = "/") -> str | None:
    """Return the path after which the page begins. It is at or below `root`. Raise BadRequest for anything else."""
    if token is None:
        return None
    try:
        after = os.fsdecode(base64.b64decode(token, altchars=b"-_", validate=True))
        if "\0" not in after and is_bytes(after) and _is_inside(after, root):
            return after
    except (binascii.Error, ValueError):
        pass
    wrong = FieldError("pageToken", "is not a token of this listing; start again without it")
    raise BadRequest("the request is invalid: pageToken", [wrong])


def _is_inside(place: str, root: str) -> bool:
    """Return True if `place` is at or below `root`. Its names may be any, but `.` and `..`."""
    return place.startswith("/") and is_under(place, root) and not {".", ".."}.intersection(place.split("/"))
