"""Where the files are that a server starts from: `Procfile`, `app.py`, `schema.sql` and `supervisor/`.

Used by admin commands and by the tables' schema. Standard library only.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

# The wheel has them inside the package, a checkout beside it.
_INSTALLED = _PACKAGE / "server"
ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
