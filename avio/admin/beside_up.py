"""The settings of an `avio-server up` on this machine: admin commands look at what it runs on, or ran on.

`up` gives its processes a database, a Valkey and a spool of its own, which no settings file names.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from avio.admin.home import LOCK, SOCKET_NAME, Home
from avio.config import read
from avio.config.sources import settings_in
from avio.errors import BadRequest, NotFound
from avio.plain_file import open_plain, read_small

DEFAULT_HOME = Path("var")
NOTE = "environ.json"
CONFIG = "AVIO_CONFIG"


@dataclass(frozen=True, slots=True)
class Beside:
    """The environment to read settings from. `home` is that of the `up` that set it; None: this shell's own.

    `notes` are for the admin: what was looked at, and what was not.
    """

    environ: dict[str, str]
    home: Path | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def whose(self) -> str:
        """Who set the variables, to follow their names."""
        return " of avio-server up" if self.home else ""


@contextmanager
def noted(home: Home, environ: Mapping[str, str]) -> Iterator[None]:
    """Keep the settings that `up` gives its processes in a file of `home`, for `find_beside`."""
    file = home.run / NOTE
    file.touch(mode=0o600)
    file.write_text(json.dumps(_own(environ)), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def find_beside(home: Path | None, environ: Mapping[str, str]) -> Beside:
    """Return the settings of the `up` of `home`, and nothing of `environ`; NotFound if it is not the home of one.

    A server that is stopped has its settings file and its places: some commands, such as `db vacuum`, need it stopped.
    Without `home`: those of the `up` in `var` or in this directory, or of the only one that this user runs, unless
    `environ` or a settings file of this directory says something else.
    """
    if home is not None:
        given = _given(home)
        return _stopped(home, environ) if given is None else _of(home, given, environ)
    for near in (DEFAULT_HOME, Path()):
        here = _given(near)
        if here is None:
            continue
        if _fits(here, environ):
            return _of(near, here, environ)
        note = f"not those of the avio-server up of {near.absolute()}, which differ: see --home"
        return Beside({**environ}, notes=[f"the settings of this shell; {note}"])
    if _own(environ) or os.path.exists("avio.toml"):
        return Beside({**environ})
    homes = running_homes()
    if len(homes) > 1:
        raise BadRequest(f"{len(homes)} servers run: {', '.join(map(str, homes))}", cure="name one by --home")
    found = _given(homes[0]) if homes else None
    return _of(homes[0], found, environ) if found is not None else Beside({**environ})


def running_homes() -> list[Path]:
    """Return the homes of all `up` of this user: each holds the lock file of its home open."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.stat().st_uid != os.geteuid():
                continue
            for opened in (process / "fd").iterdir():
                with suppress(OSError):
                    file = Path(os.readlink(opened))
                    if file.parts[-2:] == LOCK and _given(file.parent.parent) is not None:
                        found.add(file.parent.parent)
    return sorted(found)


def _of(home: Path, given: dict[str, str], environ: Mapping[str, str]) -> Beside:
    others = {name: text for name, text in environ.items() if name not in _own(environ)}
    ignored = sorted(name for name, text in _own(environ).items() if given.get(name) != text)
    notes = [f"the avio-server up of {home.absolute()}"]
    if ignored:
        notes.append(f"ignored, since the server does not have it from this shell: {', '.join(ignored)}")
    return Beside(others | given, home.absolute(), notes)


def _stopped(home: Path, environ: Mapping[str, str]) -> Beside:
    """Return what the next `up` of a home takes from its settings file and its places."""
    places = Home(home.absolute())
    places.require_utf8()
    try:
        places.config.stat()
    except (FileNotFoundError, NotADirectoryError):
        cure = _running_or("start it, or correct --home")
        raise NotFound(f"{home} is not the home of an avio-server up", cure=cure) from None
    except OSError as error:
        cure = "run this as the user of the server, or correct --home"
        raise BadRequest(f"cannot look into {home}: {error.strerror}", cure=cure) from error
    others = {name: text for name, text in environ.items() if name not in _own(environ)}
    others[CONFIG] = str(places.config)
    origins = read(others).origins
    others |= places.places(origins)
    if origins["redis_url"] == "default":
        others["AVIO_REDIS_URL"] = "unix://" + quote(str(places.run / SOCKET_NAME))
    return Beside(others, places.directory, [f"the avio-server up of {places.directory}, which is stopped"])


def _fits(given: Mapping[str, str], environ: Mapping[str, str]) -> bool:
    """Return True if `environ` says nothing that the `up` does not run with."""
    return all(
        _is_same(text, given[name]) if name == CONFIG else text == given[name]
        for name, text in _own(environ).items()
        if name in given
    ) and not (_own(environ).keys() - given.keys())


def _own(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of an environment, and where its settings file is."""
    return settings_in(environ) | ({CONFIG: environ[CONFIG]} if CONFIG in environ else {})


def _given(home: Path) -> dict[str, str] | None:
    """Return what the `up` of a home has noted, or None if none runs there."""
    run = Home(home.absolute()).run
    try:
        with open(run / LOCK[-1], encoding="utf-8", opener=open_plain) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(OSError, ValueError):  # it is about to start or to end
            found: dict[str, str] = json.loads(read_small(run / NOTE).decode("utf-8"))
            return found
    except OSError:
        pass
    return None


def _is_same(one: str, other: str) -> bool:
    return Path(one).absolute() == Path(other).absolute()


def _running_or(cure: str) -> str:
    homes = running_homes()
    return f"{cure}; these run: {', '.join(map(str, homes))}" if homes else cure
