"""What a measurement yields: figures with their unit, their target, and how they are printed."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value, or the median of `values`. `at_least` or `at_most` is the target, where there is one."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""
    values: tuple[float, ...] = ()

    @property
    def met(self) -> bool:
        """Tell whether the target holds; a figure without one always does."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    def line(self) -> str:
        """Return the figure as a line of the table."""
        spread = f"min {min(self.values):.3f}, max {max(self.values):.3f}, n {len(self.values)}" if self.values else ""
        notes = "; ".join(filter(None, (spread, self.note)))
        return f"{self.name:52} {self.value:12.3f} {self.unit:9} {self.target:10} {self.verdict:7} {notes}"

    @property
    def target(self) -> str:
        """Return the target as a text, "" without one."""
        text = "" if self.at_least is None else f">= {self.at_least:g}"
        return text if self.at_most is None else f"<= {self.at_most:g}"

    @property
    def verdict(self) -> str:
        """Return whether the target holds, "" without one."""
        return "" if not self.target else "met" if self.met else "MISSED"


def spread(
    name: str, values: Sequence[float], unit: str, *, at_least: float | None = None, at_most: float | None = None
) -> Figure:
    """Return the median of `values`."""
    return Figure(name, statistics.median(values), unit, at_least, at_most, values=tuple(values))


def write(figures: Sequence[Figure], file: Path) -> None:
    """Keep the figures as JSON beside the build."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(figure) for figure in figures], indent=2), encoding="utf-8")
