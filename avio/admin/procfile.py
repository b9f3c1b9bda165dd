"""The Procfile: which processes make a server. Read by `avio-server up`."""

import re
from pathlib import Path

from avio.errors import BadRequest, NotFound

# What the processes start from.
NEEDED = ("Procfile", "app.py", "supervisor/__main__.py")

_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(\S.*)")


def complete(root: Path) -> Path:
    """Return `root` if it has the files that the processes start from; NotFound otherwise."""
    for name in NEEDED:
        if not (root / name).exists():
            raise NotFound(f"{root / name} is missing", cure="install avio again, or restore the checkout")
    return root


def parse(text: str) -> dict[str, str]:
    """Return name to shell command, in the order of the lines; BadRequest names the wrong line."""
    commands: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            raise BadRequest(f"Procfile line {number} is not `name: command`: {line!r}", cure="correct that line")
        name, command = match.groups()
        if name in commands:
            raise BadRequest(f"Procfile line {number} repeats the name {name}", cure="rename one of the two")
        commands[name] = command
    if not commands:
        raise BadRequest("the Procfile names no process", cure="restore the Procfile of the repository")
    return commands
