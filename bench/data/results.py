"""`bench/RESULTS.md`: a section for each path, with the date of its run. A run of some paths keeps the others."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure

TITLE = "# How soon data is there"
HEADER = """\
`make bench-data` writes this page: avio beside s5cmd and rclone, in turn, in the same run. Medians, least and greatest.
A ratio above 1 means that avio is faster. The walls of avio are from the submit of a job to its checked end, those of
the peers are of the whole process. The processor time of avio is that of the job process and its movers."""
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """What one path yielded. `about` says when, of which commit, and how busy the machine was."""

    name: str
    about: str
    figures: list[Figure]
    notes: list[str]
    failed: bool = False

    @property
    def good(self) -> bool:
        """Tell whether it did not fail, and all targets hold."""
        return not self.failed and all(figure.met for figure in self.figures)

    def text(self) -> str:
        """Return it as Markdown."""
        lines = [f"## {self.name}", "", self.about]
        if self.figures:
            lines += ["", "| what | median | min | max | unit | target | |", "|---|---|---|---|---|---|---|"]
            lines += map(_row, self.figures)
        if self.notes:
            lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines)


def write(page: Path, machine: Mapping[str, str], sections: Iterable[Section], order: Iterable[str]) -> None:
    """Put `sections` into the page, in `order`. Those of another machine are removed."""
    top = "\n".join(
        [TITLE, "", HEADER, "", "| machine | |", "|---|---|", *(f"| {k} | {v} |" for k, v in machine.items())]
    )
    kept = _sections(page.read_text(encoding="utf-8"), top) if page.exists() else {}
    kept |= {section.name: section.text() for section in sections}
    text = "\n\n".join([top, *(kept[name] for name in order if name in kept)])
    page.write_text(text + "\n", encoding="utf-8")


def _sections(text: str, top: str) -> dict[str, str]:
    """Return the sections of a page of the same machine, by name."""
    if not text.startswith(top + "\n"):
        return {}
    found = list(SECTION.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {match[1]: text[match.start() : end].strip() for match, end in zip(found, ends, strict=True)}


def _row(figure: Figure) -> str:
    values = figure.values or (figure.value,)
    least, greatest = (f"{min(values):.3f}", f"{max(values):.3f}") if figure.values else ("", "")
    verdict = f"**{figure.verdict}**" if figure.verdict == "MISSED" else figure.verdict
    verdict = "; ".join(filter(None, (verdict, figure.note)))
    cells = [figure.name, f"{figure.value:.3f}", least, greatest, figure.unit, figure.target, verdict]
    return "| " + " | ".join(cells) + " |"
