"""The login of avio-gate: by a name and a password in files, as a secret of Kubernetes gives them, read at each login.

Used by all waits, from several threads.
"""

import threading
import time
from pathlib import Path

from avio.client import Client, ClientError
from avio.client.transport import is_temporary
from avio.plain_file import read_small

UNAUTHORIZED = 401
REFUSED_SECONDS = 60.0  # between two logins that are refused: the server counts them
AWAY_SECONDS = 5.0
MOST_BYTES = 4096


class Account:
    """One user of one server. A token that has ended is replaced by a new login."""

    def __init__(self, url: str, name: Path, password: Path) -> None:
        self.url = url
        self._files = name, password
        self._lock = threading.Lock()
        self._token: str | None = None
        self._trouble: tuple[float, ClientError] | None = None

    @property
    def trouble(self) -> ClientError | None:
        """Why the last login failed; None if it did not."""
        trouble = self._trouble
        return None if trouble is None else trouble[1]

    def token(self) -> str:
        """Return the token; log in if there is none. All threads share the login, and its failure for a while.

        Raise the ClientError of a login that failed.
        """
        with self._lock:
            if self._token is None:
                self._token = self._log_in()
            return self._token

    def forget(self, token: str) -> None:
        """Drop a token that the server refuses, unless another thread has done so."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _log_in(self) -> str:
        if self._trouble is not None and time.monotonic() < self._trouble[0]:
            raise self._trouble[1].with_traceback(None)
        try:
            name, password = map(_read, self._files)
            with Client(self.url) as client:
                token = client.login(name, password)["authToken"]
        except ClientError as error:
            pause = AWAY_SECONDS if is_temporary(error) else REFUSED_SECONDS
            self._trouble = time.monotonic() + max(pause, error.retry_after or 0), error
            raise
        self._trouble = None
        return token


def _read(file: Path) -> str:
    try:
        text = read_small(file, MOST_BYTES).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ClientError(f"{file} can't be read", why=why, cure="give it the text of the secret") from error
    if not text:
        raise ClientError(f"{file} is empty", why="the secret has no text", cure="write it into the secret")
    return text
