"""Compares a job request with what this version of avio knows: nodes of two versions may run at once.

Runs in intake, before a claim. Pure.
"""

import json

from avio.wire.checked_params import check
from avio.wire.params import Params
from avio.wire.states import JobType


def unknown_part(type_: int, params: str) -> str | None:
    """Return what of a request this version does not know, in words.

    Return None if it knows all, and for an invalid request, which the claim ends.
    """
    if type_ not in set(JobType):
        return f"jobs of type {type_}"
    try:
        asked = Params.from_json(json.loads(params))
    except KeyError as error:
        return f"the param {error.args[0]}"
    except (ValueError, TypeError, AttributeError):  # of no version
        return None
    try:
        _, wrong = check(asked)
    except (TypeError, AttributeError):
        return "the form of its params"
    return "; ".join(f"params.{name}, which {message}" for name, message in wrong.items()) or None
