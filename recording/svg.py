"""An animated SVG of screens: each row that differs is drawn once, and the frames pass by as on a film.

Whoever wants no motion sees the last frame. Needs no script and no font of its own.
"""

from collections.abc import Sequence
from html import escape

from recording.frames import Frame, Row, Run

CELL, LINE, SIZE = 8.4, 19.0, 14.0  # pixels: the width and the height of a cell, and of the letters
EDGE, BAR = 14.0, 30.0
PAUSE_SECONDS = 4.0  # for the last frame
COLOURS = {"default": "#d6deeb", "red": "#ff6b6b", "brightblack": "#7a8799", "green": "#7fdb9c", "cyan": "#6cc7f0"}

HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="t d">
<title id="t">{title}</title>
<desc id="d">{description}</desc>
<style>
text {{ font: {size:g}px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre }}
#film {{ animation: film {seconds:g}s steps(1, end) infinite }}
@keyframes film {{ {steps} }}
@media (prefers-reduced-motion: reduce) {{ #film {{ animation: none; transform: translateY({last:g}px) }} }}
</style>
<rect width="100%" height="100%" rx="8" fill="#101820"/>
<g fill="#3a4654"><circle cx="20" cy="16" r="5"/><circle cx="38" cy="16" r="5"/><circle cx="56" cy="16" r="5"/></g>
"""


def draw(shown: Sequence[Frame], columns: int, lines: int, *, title: str, description: str) -> str:
    """Return the SVG of frames of one size."""
    width, height = columns * CELL + 2 * EDGE, lines * LINE + BAR + EDGE
    window = lines * LINE
    seconds = shown[-1].at + PAUSE_SECONDS
    steps = " ".join(
        f"{100 * frame.at / seconds:.3f}% {{ transform: translateY({-number * window:g}px) }}"
        for number, frame in enumerate(shown)
    )
    rows = {
        row: number for number, row in enumerate(dict.fromkeys(row for frame in shown for row in frame.rows if row))
    }
    head = HEAD.format(
        width=width, height=height, title=escape(title), description=escape(description), size=SIZE, steps=steps,
        seconds=seconds, last=-(len(shown) - 1) * window,
    )  # fmt: skip
    defined = "\n".join(f'<g id="r{number}">{_row(row)}</g>' for row, number in rows.items())
    film = "\n".join(
        f'<use href="#r{rows[row]}" y="{number * window + at * LINE:g}"/>'
        for number, frame in enumerate(shown)
        for at, row in enumerate(frame.rows)
        if row
    )
    window_of = f'<svg x="{EDGE:g}" y="{BAR:g}" width="{columns * CELL:g}" height="{window:g}">'
    return f'{head}<defs>\n{defined}\n</defs>\n{window_of}<g id="film">\n{film}\n</g></svg>\n</svg>\n'


def _row(row: Row) -> str:
    return "".join(map(_run, row))


def _run(run: Run) -> str:
    bold = ' font-weight="700"' if run.is_bold else ""
    fill = COLOURS.get(run.colour, COLOURS["default"])
    return f'<text x="{run.column * CELL:g}" y="{SIZE:g}" fill="{fill}"{bold}>{escape(run.text)}</text>'
