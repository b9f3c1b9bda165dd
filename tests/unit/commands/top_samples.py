"""Replies of `GET /top` to lay out in the stub, as `samples`."""

from typing import Any


def top_row(**changes: Any) -> dict[str, Any]:
    """Return a TopRow: a directory of which a quarter was never read."""
    return {
        "files": 3,
        "bytes": 100 << 20,
        "unreadBytes": 25 << 20,
        "unsureBytes": 0,
        "unsavedFiles": 0,
        "unsavedBytes": 0,
        "oldestUnsaved": None,
        "path": "/data/a",
        **dict.fromkeys(("came", "uid", "user", "job", "name")),
        **changes,
    }


def top_info(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a TopInfo with these rows, of two tiers of which one was surveyed."""
    sums = dict.fromkeys(("files", "bytes", "unreadBytes", "unsureBytes", "unsavedFiles", "unsavedBytes"), 0)
    return {
        "by": "prefix",
        "path": "/data",
        "isWhole": True,
        "tiers": [
            {"alias": "SSD", "surveyTime": "2026-05-02T11:40:00.000+08:00", "seconds": 2.5, "isWhole": True},
            {"alias": "HDD", "surveyTime": None, "seconds": None, "isWhole": False},
        ],
        "rows": [*rows],
        "otherRows": 0,
        "others": {**sums, "oldestUnsaved": None},
        "total": {**sums, "oldestUnsaved": None},
        **changes,
    }
