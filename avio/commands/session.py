"""The login that is kept between two commands: `$XDG_CONFIG_HOME/avio/config.json`, readable by its owner alone.

AVIO_URL and AVIO_TOKEN go before it. A token is sent to no other server than the one that gave it.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass
from functools import wraps
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec, TypeVar

import click

from avio.client import PATIENCE_SECONDS, Client, ClientError
from avio.plain_file import read_small
from avio.wire.paths import is_text

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
        return _session(json.loads(read_small(config_file()).decode("utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _file_error("read", error) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ClientError(
            f"{config_file()} is not a login of avio",
            why="it is not JSON with the four texts that avio login writes",
            cure="delete it, or move it away if it is another program's; then run avio login",
        ) from error


def _session(document: Any) -> Session:
    """Return the session of a file. TypeError if it is none."""
    session = Session(**document)
    if not all(isinstance(text, str) and is_text(text) for text in astuple(session)):
        raise TypeError("a member is not a text")
    return session


def store(session: Session) -> None:
    """Keep `session` in place of the one before, whole or not at all."""
    file = config_file()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _temporary(file.parent) as temporary:
            json.dump(asdict(session), temporary)
            temporary.flush()
            os.replace(temporary.name, file)
    except OSError as error:
        raise _file_error("write", error) from error


@contextmanager
def _temporary(directory: Path) -> Iterator[IO[str]]:
    """Create a file for the block to rename. It has a token: no failure leaves it behind."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=directory, delete=False) as temporary:
        try:
            yield temporary
        finally:
            with suppress(OSError):
                os.unlink(temporary.name)  # the block has not renamed it


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


def impatient(client: Client, seconds: float) -> Client:
    """Return a client of the same server that tries nothing again and waits so long for a reply."""
    return Client(client.url, current_token(client.url), patience=0, timeout=seconds)


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
