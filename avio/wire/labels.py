"""The labels of a job: a small map of texts for its user, such as team=vision. Their rules, and how they change.

Used by web and the CLI. Standard library only.
"""

import re
from collections.abc import Mapping

from avio.wire.paths import is_text

MAX_LABELS = 20
MAX_NAME = 63
MAX_VALUE = 200

NAME = rf"[A-Za-z0-9][A-Za-z0-9._/-]{{0,{MAX_NAME - 1}}}"
VALUE = rf"[^\x00-\x1f\x7f]{{0,{MAX_VALUE}}}"


def check(labels: Mapping[str, str | None]) -> None:
    """Raise ValueError for names, values or a number of labels that no job may have."""
    for name, value in labels.items():
        if not re.fullmatch(NAME, name):
            raise ValueError(f"has the name {name[:MAX_NAME]!r}; write 1 to {MAX_NAME} letters, digits and . _ / -")
        if value is not None and not (re.fullmatch(VALUE, value) and is_text(value)):
            raise ValueError(
                f"has an invalid value for {name}; write up to {MAX_VALUE} characters on one line, in UTF-8"
            )
    require_few(labels)


def require_few(labels: Mapping[str, object]) -> None:
    """Raise ValueError for more labels than a job may have."""
    if len(labels) > MAX_LABELS:
        raise ValueError(f"has more than {MAX_LABELS} labels; remove some")


def changed(labels: Mapping[str, str], given: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return `labels` after a change: null removes a label, and in place of all labels it removes all."""
    if given is None:
        return {}
    merged = {**labels, **given}
    return {name: value for name, value in merged.items() if value is not None}
