"""A recording of a terminal as asciicast v2: a line of JSON for the size, then one for each piece of output."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Cast:
    """What a terminal of this size got, and when, in seconds from the start."""

    columns: int
    lines: int
    pieces: list[tuple[float, str]] = field(default_factory=list)

    def save(self, file: Path) -> None:
        """Write the recording."""
        head = {"version": 2, "width": self.columns, "height": self.lines, "env": {"TERM": "xterm"}}
        rows = [head, *([round(at, 3), "o", text] for at, text in self.pieces)]
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def load(file: Path) -> Cast:
    """Read a recording. ValueError if it is none."""
    head, *rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    if head.get("version") != 2:
        raise ValueError(f"{file} is not an asciicast of version 2")
    return Cast(head["width"], head["height"], [(at, text) for at, kind, text in rows if kind == "o"])
