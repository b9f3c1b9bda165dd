"""How a call writes a path. Each byte of a name that is not UTF-8 comes as a lone surrogate, as from `os.fsdecode`.

Used by the client and the CLI.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from avio.wire.filters import TAKE
from avio.wire.paths import encoded, is_text, spelled

SIGN = len(TAKE)  # characters of a rule before its glob


def spelled_path(path: str) -> dict[str, Any]:
    """Return the members of a request for `path`: percent-encoded if JSON or a query could not carry it."""
    text, is_encoded = spelled(path)
    return {"alluxioUri": text, "alluxioUriEncoded": True} if is_encoded else {"alluxioUri": text}


def spelled_paths(paths: Sequence[str]) -> dict[str, Any]:
    """Return the members of a request for one or several `paths`: all percent-encoded if one of them needs it."""
    if len(paths) == 1:
        return spelled_path(paths[0])
    if any(is_encoded for _, is_encoded in map(spelled, paths)):
        return {"paths": [encoded(path) for path in paths], "alluxioUriEncoded": True}
    return {"paths": [*paths]}


def spelled_rules(rules: Sequence[str]) -> dict[str, Any]:
    """Return the members of a request for rules on paths: all percent-encoded if one of them is not UTF-8."""
    if all(map(is_text, rules)):
        return {"filters": [*rules]}
    return {"filters": [rule[:SIGN] + encoded(rule[SIGN:]) for rule in rules], "filtersEncoded": True}


def path_of(row: Mapping[str, Any]) -> str:
    """Return the path of an entry or of a line of a report, with a lone surrogate for each byte that is not UTF-8.

    The member `path` has the percent form then, in which another file may have its name.
    """
    try:
        return b64decode(row.get("pathBytes") or "").decode("utf-8", "surrogateescape") or row["path"]
    except ValueError:
        return str(row["path"])
