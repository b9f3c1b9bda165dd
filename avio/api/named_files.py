"""The ways to name the files of an order, as JSON Schema: a path, several, an uploaded list, a list in a bucket.

Used by web alone.
"""

from typing import Any

from avio.wire.paths import PATTERN

PATH_SCHEMA: dict[str, Any] = {"pattern": f"^{PATTERN}$"}

_PATH = {"type": "string", **PATH_SCHEMA}
_NULL = {"type": "null"}
_NONE = {"maxItems": 0}
_NO = {"const": False}

BY_PATH: dict[str, Any] = {
    "required": ["alluxioUri"],
    "properties": {
        "fromFileList": {"const": False},
        "alluxioUri": _PATH,
        "paths": _NONE,
        "versions": _NO,
        "fileListId": _NULL,
        "fileListPath": _NULL,
    },
}
BY_PATHS: dict[str, Any] = {
    "required": ["paths"],
    "properties": {
        "fromFileList": {"const": False},
        "alluxioUri": _NULL,
        "paths": {"type": "array", "minItems": 1, "items": _PATH},
        "versions": _NO,
        "fileListId": _NULL,
        "fileListPath": _NULL,
    },
}
BY_LIST: dict[str, Any] = {
    "required": ["fromFileList", "fileListId"],
    "properties": {
        "fromFileList": {"const": True},
        "paths": _NONE,
        "fileListId": {"type": "string"},
        "fileListPath": _NULL,
    },
}
BY_OBJECT: dict[str, Any] = {
    "required": ["fromFileList", "fileListPath"],
    "properties": {
        "fromFileList": {"const": True},
        "paths": _NONE,
        "versions": _NO,
        "fileListId": _NULL,
        "fileListPath": _PATH,
    },
}
WAYS: list[Any] = [BY_PATH, BY_PATHS, BY_LIST, BY_OBJECT]
