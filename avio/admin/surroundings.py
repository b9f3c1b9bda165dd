"""The environment of the processes under `avio-server up`: settings that nobody gave point into the home."""

import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from avio.admin import valkey
from avio.admin.home import Home
from avio.config import Settings, load, load_with_origins
from avio.errors import Conflict

# What is for this process or for the CLI, and no business of the server's processes.
OURS = frozenset({"AVIO_URL", "AVIO_TOKEN", "AVIO_PASSWORD", "AVIO_ADMIN_PASSWORD"})

# Where to reach what listens on all addresses.
HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the processes are given. `socket` is where our own Valkey listens; None when a Redis is configured."""

    settings: Settings
    environ: dict[str, str]
    socket: Path | None

    @property
    def url(self) -> str:
        """Return where web answers, as seen from this machine."""
        return f"http://{self.settings.web_address(HERE.get(self.settings.host))}"


@contextmanager
def arranged(home: Home, environ: Mapping[str, str], *, host: str | None, port: int | None) -> Iterator[Surroundings]:
    """Yield the surroundings for `home`, and keep the port of web for it; SettingsError when the settings don't hold.

    What a variable or the settings file says stays. Writes the first settings file where there is none.
    """
    given = {name: value for name, value in environ.items() if name not in OURS}
    if "AVIO_CONFIG" in given:
        given["AVIO_CONFIG"] = os.path.abspath(given["AVIO_CONFIG"])
    else:
        home.write_starter()
        given["AVIO_CONFIG"] = str(home.config)
    # `python` and `gunicorn` in the Procfile are those of this interpreter.
    given["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), given.get("PATH", os.defpath)])
    if host is not None:
        given["AVIO_HOST"] = host
    if port is not None:
        given["AVIO_PORT"] = str(port)

    settings, origins = load_with_origins(given)
    with reserved(settings.host, settings.port) as kept:
        given["AVIO_PORT"] = str(kept)
        if origins["database_url"] == "default":
            given["AVIO_DATABASE_URL"] = home.database_url
        if origins["spool"] == "default":
            given["AVIO_SPOOL"] = str(home.spool)
        own = None
        if origins["redis_url"] == "default":
            own = valkey.socket_in(home.run)
            given["AVIO_REDIS_URL"] = "unix://" + quote(str(own))
        yield Surroundings(load(given), given, own)


@contextmanager
def reserved(host: str, port: int) -> Iterator[int]:
    """Yield `port`, or a free one for 0; Conflict when somebody listens there or `host` is not ours.

    It stays bound, without listening: who asks for the same address by SO_REUSEADDR, as gunicorn does, gets it, also
    after a crash, and the system gives it to no connection meanwhile.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((host, port))
        except OSError as error:
            raise Conflict(
                f"can't listen on {host}, port {port}: {error.strerror}",
                cure="stop what listens there, or give another --port or --host",
            ) from error
        yield held.getsockname()[1]
