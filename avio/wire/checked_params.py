"""Checks the params of a job request, and says what of them may be shown.

Runs in web and intake. Standard library only.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from avio.wire.members import FIRST, related
from avio.wire.options import camel
from avio.wire.params import OPTIONS, Params

MASK = "***"

# The members in an order in which each comes after those that `related` needs for it.
BY_DEPENDENCE = sorted(OPTIONS, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))


def check(params: Params) -> tuple[Params, dict[str, str]]:
    """Return `params` with canonical paths, and its errors: JSON name and message of each invalid member."""
    values: dict[str, Any] = {}
    wrong = {}
    for name in BY_DEPENDENCE:
        try:
            values[name] = related(name, OPTIONS[name].checked(getattr(params, name)), values)
        except ValueError as error:
            wrong[camel(name)] = str(error)
    return replace(params, **values), wrong


def shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the camelCase object of the API as it may be shown to people: sensitive values are masked."""
    masked = {camel(name) for name, rule in OPTIONS.items() if rule.sensitive}
    return {name: MASK if name in masked else value for name, value in data.items()}
