"""The environment of the processes of `avio-server up`: settings that are not given point into the home."""

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
from avio.admin.settings import require_whole
from avio.config import Settings, load
from avio.errors import Conflict

# Variables of this process and of the CLI: the server's processes do not get them.
NOT_FOR_PROCESSES = frozenset({"AVIO_URL", "AVIO_TOKEN", "AVIO_PASSWORD", "AVIO_ADMIN_PASSWORD"})

# Where to reach a server that listens on all addresses.
REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


@dataclass(frozen=True, slots=True)
class Environment:
    """What the processes get. `socket` is where our own Valkey listens; None when a Redis is configured."""

    settings: Settings
    environ: dict[str, str]
    socket: Path | None

    @property
    def url(self) -> str:
        """Return where web answers, as seen from this machine."""
        return f"http://{self.settings.web_address(REACHED_AT.get(self.settings.host))}"


@contextmanager
def server_environment(
    home: Home, environ: Mapping[str, str], *, host: str | None, port: int | None
) -> Iterator[Environment]:
    """Yield the environment for `home`, and reserve the port of web; SettingsError when the settings are invalid.

    Variables and the settings file take precedence. Writes the first settings file where there is none.
    """
    given = {name: value for name, value in environ.items() if name not in NOT_FOR_PROCESSES}
    if "AVIO_CONFIG" in given:
        given["AVIO_CONFIG"] = os.path.abspath(given["AVIO_CONFIG"])
    else:
        home.write_first_config()
        given["AVIO_CONFIG"] = str(home.config)
    # `python` and `gunicorn` in the Procfile are those of this interpreter.
    given["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), given.get("PATH", os.defpath)])
    if host is not None:
        given["AVIO_HOST"] = host
    if port is not None:
        given["AVIO_PORT"] = str(port)

    # Now, else each process says in its log what is wrong, and ends, again and again.
    found = require_whole(given)
    settings, origins = found.settings, found.origins
    with reserved_port(settings.host, settings.port) as kept:
        given["AVIO_PORT"] = str(kept)
        given |= home.places(origins)
        own = None
        if origins["redis_url"] == "default":
            own = valkey.socket_path(home.run)
            given["AVIO_REDIS_URL"] = "unix://" + quote(str(own))
        yield Environment(load(given), given, own)


@contextmanager
def reserved_port(host: str, port: int) -> Iterator[int]:
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
                f"cannot listen on {host}, port {port}: {error.strerror}",
                cure="stop the process that listens there, or use another --port or --host",
            ) from error
        yield held.getsockname()[1]
