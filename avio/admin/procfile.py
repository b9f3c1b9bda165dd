"""The Procfile of the checkout: which processes make a server. Read by `avio-server up`."""

import re
from pathlib import Path

from avio.errors import BadRequest, NotFound

# What `up` needs of a checkout: the list of processes, and the package that is in no wheel.
NEEDED = ("Procfile", "app.py", "supervisor/__main__.py")

_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(\S.*)")


def checkout(root: Path) -> Path:
    """Return `root` when it is a checkout of avio, not an installed package; NotFound otherwise."""
    for name in NEEDED:
        if not (root / name).exists():
            raise NotFound(
                f"avio runs from {root}, which has no {name}",
                cure="start the server from a checkout of the repository: make serve",
            )
    return root


def parse(text: str) -> dict[str, str]:
    """Return name to shell command, in the order of the lines; BadRequest names the line that is off."""
    commands: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            raise BadRequest(f"Procfile line {number} is not `name: command`: {line!r}")
        name, command = match.groups()
        if name in commands:
            raise BadRequest(f"Procfile line {number} names {name} a second time")
        commands[name] = command
    if not commands:
        raise BadRequest("the Procfile names no process")
    return commands
