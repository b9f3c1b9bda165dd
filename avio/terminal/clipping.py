"""A text in fewer cells of a terminal than it takes, with `…` where a part of it is left out.

Pure functions over text that `cells.printable` has cleaned.
"""

from avio.terminal.widths import cell_len

MARK = "…"


def keep_start(text: str, cells: int) -> str:
    """Return the text, or as much of its start as `cells` hold."""
    if cell_len(text) <= cells:
        return text
    return _start(text, cells - 1) + MARK if cells > 0 else ""


def keep_ends(text: str, cells: int) -> str:
    """Return the text, or as much of its start and its end as `cells` hold: of a path both tell what it is."""
    if cell_len(text) <= cells:
        return text
    if cells <= 0:
        return ""
    start = _start(text, (cells - 1) // 3)
    return start + MARK + _end(text, cells - 1 - cell_len(start))


def _start(text: str, cells: int) -> str:
    """Return the first characters of a text that take no more than `cells`."""
    taken = 0
    for at, character in enumerate(text):
        taken += cell_len(character)
        if taken > cells:
            return text[:at]
    return text


def _end(text: str, cells: int) -> str:
    """Return the last characters of a text that take no more than `cells`; none that combines with one left out."""
    end = _start(text[::-1], cells)[::-1]
    return end[next((at for at, character in enumerate(end) if cell_len(character)), len(end)) :]
