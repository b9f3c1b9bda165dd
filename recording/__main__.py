"""`python -m recording`: record the session anew and draw it; with `--draw` only draw the recording that is kept."""

import sys
from pathlib import Path

from recording.cast import load
from recording.frames import frames
from recording.session import record
from recording.svg import draw

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
CAST, SVG = IMAGES / "terminal.cast", IMAGES / "terminal.svg"
TITLE = "avio in a terminal"
DESCRIPTION = "A directory is listed, a preload of the whole data set runs with its bar, then all files are cached."


def svg() -> str:
    """Return the picture of the recording that is kept."""
    cast = load(CAST)
    return draw(frames(cast), cast.columns, cast.lines, title=TITLE, description=DESCRIPTION)


if __name__ == "__main__":
    if "--draw" not in sys.argv[1:]:
        record().save(CAST)
    SVG.write_text(svg(), encoding="utf-8")
