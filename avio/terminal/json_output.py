"""JSON on standard output: for `--json` of the avio CLI."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def print_json(document: object) -> None:
    """Print one document on one line."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def print_json_list(head: Row, member: str, batches: Iterable[Sequence[Row]]) -> None:
    """Print one document, `head` and under `member` every row, a line a row, as they come."""
    before = "".join(f"{json.dumps(name)}: {json.dumps(value)}, " for name, value in head.items())
    sys.stdout.write("{" + before + json.dumps(member) + ": [")
    separator = "\n"
    for batch in batches:
        for row in batch:
            sys.stdout.write(separator + json.dumps(row))
            separator = ",\n"
    sys.stdout.write("\n]}\n")
    sys.stdout.flush()
