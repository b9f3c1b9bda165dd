"""The login that is kept between two commands: `$XDG_CONFIG_HOME/avio/config.json`, readable by its owner alone.

AVIO_URL and AVIO_TOKEN go before it. A token is sent to no other server than the one that gave it.
"""

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from avio.client import PATIENCE_SECONDS, Client, ClientError
from avio.plain_file import read_small

DEFAULT_URL = "http://127.0.0.1:8080"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Session:
    """A token and where it holds."""

    url: str
    token: str
    name: str
    expires: str


def config_file() -> Path:
    """Return where the session is kept."""
    base = os.environ.get("XDG_CONFIG_HOME")
    home = os.path.expanduser("~")
    if not base and home == "~":
        why = "HOME is not set, and the system knows no home of this user"
        raise ClientError("no place for the login", why=why, cure="set HOME or XDG_CONFIG_HOME")
    return Path(base or f"{home}/.config") / "avio" / "config.json"


def load() -> Session | None:
    """Return the kept session, None when there is none."""
    try:
        return Session(**json.loads(read_small(config_file()).decode("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise _file_error("read", error) from error


def store(session: Session) -> None:
    """Keep `session` in place of the one before, whole or not at all."""
    file = config_file()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as temporary:
            json.dump(asdict(session), temporary)
        os.replace(temporary.name, file)
    except OSError as error:
        raise _file_error("write", error) from error


def forget(token: str | None) -> None:
    """Drop the kept session if it is the one of `token`."""
    kept = load()
    if kept is not None and kept.token == token:
        config_file().unlink(missing_ok=True)


def current_url(given: str | None) -> str:
    """Return the server in effect: the one given, else the one of the last login, else the local default."""
    if given:
        return given.rstrip("/")
    kept = load()
    return kept.url if kept else DEFAULT_URL


def current_token(url: str) -> str | None:
    """Return the token for the server at `url`."""
    if token := os.environ.get("AVIO_TOKEN"):
        return token
    kept = load()
    return kept.token if kept and kept.url == url else None


def connect(url: str, token: str | None, limit: float | None = None) -> Client:
    """Return a client; a wrong address is a usage error. It tries no call again for longer than `limit` seconds."""
    try:
        return Client(url, token, patience=PATIENCE_SECONDS if limit is None else min(PATIENCE_SECONDS, limit))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def with_client(command: Callable[Concatenate[Client, P], R]) -> Callable[P, R]:
    """Give the command a client of the server in effect, closed when the command ends.

    The seconds of `--wait` limit how long each of its calls is tried again, too.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        context = click.get_current_context()
        url = current_url(context.find_root().params["url"])
        with connect(url, current_token(url), context.params.get("wait")) as client:
            return command(client, *args, **kwargs)

    return run


def _file_error(what: str, error: Exception) -> ClientError:
    return ClientError(
        f"cannot {what} {config_file()}", why=str(error), cure="fix its permissions or delete it, then run avio login"
    )
