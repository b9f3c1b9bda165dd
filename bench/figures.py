"""What a measurement yields: figures with their unit, their target, and how they are printed."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `at_least` or `at_most` is the target, where there is one."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        """Tell whether the target holds; a figure without one always does."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    def line(self) -> str:
        """Return the figure as a line of the table."""
        target = "" if self.at_least is None else f">= {self.at_least:g}"
        target = target if self.at_most is None else f"<= {self.at_most:g}"
        verdict = "" if not target else "met" if self.met else "MISSED"
        return f"{self.name:52} {self.value:12.3f} {self.unit:8} {target:10} {verdict:7} {self.note}"


def spread(name: str, values: Sequence[float], unit: str, **target: float) -> Figure:
    """Return the median of `values`, with the least and the greatest in the note."""
    note = f"min {min(values):.3f}, max {max(values):.3f}, n {len(values)}"
    return Figure(name, statistics.median(values), unit, note=note, **target)


def write(figures: Sequence[Figure], file: Path) -> None:
    """Keep the figures as JSON beside the build."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(figure) for figure in figures], indent=2), encoding="utf-8")
