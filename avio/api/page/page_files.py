"""The files of the page, read once from the package: bytes, type and digest of each. Run by web alone."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
SHELL = "index.html"

# By the end of the name: `mimetypes` goes by the tables of the system, and a module of another type is refused.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}

MODULES = b"<!-- modules -->"  # what the shell has in place of the names of all modules


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is served, plain and compressed."""

    body: bytes
    packed: bytes
    content_type: str
    digest: str


@cache
def page_files() -> dict[str, PageFile]:
    """Return the files by their names below `static`. What is not among them is not served."""
    names = sorted(str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.suffix in TYPES)
    return {name: _read(name, names) for name in names}


def _read(name: str, names: list[str]) -> PageFile:
    body = (STATIC / name).read_bytes()
    if name == SHELL:
        body = body.replace(MODULES, _preloads(names))
    digest = hashlib.sha256(body).hexdigest()[:32]
    return PageFile(body, gzip.compress(body, mtime=0), TYPES[Path(name).suffix], digest)


def _preloads(names: list[str]) -> bytes:
    """Return a link for each module: a browser fetches them at once, not one after the other."""
    modules = [name for name in names if name.endswith(".js") and not name.endswith(".min.js")]
    return "\n".join(f'<link rel="modulepreload" href="page/{name}">' for name in modules).encode()
