"""Runs the commands of the recording on a real server in a new directory, each on a pseudo-terminal."""

import os
import pty
import select
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from avio.admin.bootstrap import ADMIN
from avio.admin.demo import demo_environment, fill_bucket, server
from recording.cast import Cast

COLUMNS, LINES = 92, 20
KEY_SECONDS, READ_SECONDS = 0.045, 1.6
PASSWORD = "of-the-recording"  # of a server that lives for this recording alone
COMMANDS = (
    ("ls", "/data/json"),
    ("preload", "/data", "--bandwidth", "6M", "--wait"),
    ("ls", "/data/json"),
    ("stat", "/data"),
)


def record() -> Cast:
    """Return what a person sees who types the commands. Only the typing is made up."""
    with tempfile.TemporaryDirectory(prefix="avio-recording-") as name:
        directory = Path(name)
        fill_bucket(directory / "bucket")
        environ = demo_environment(directory, PASSWORD)
        with server(directory, environ) as url:
            environ |= {"AVIO_URL": url, "TERM": "xterm", "TZ": "Asia/Shanghai"}
            _run(["login", "--name", ADMIN], {**environ, "AVIO_PASSWORD": PASSWORD})
            cast, now = Cast(COLUMNS, LINES), 0.5
            for words in COMMANDS:
                now = _type(cast, now, f"avio {' '.join(words)}")
                for after, text in _output(words, environ):
                    cast.pieces.append((now + after, text))
                now = cast.pieces[-1][0] + READ_SECONDS
            cast.pieces.append((now, "\x1b[1m$\x1b[0m "))
            return cast


def _type(cast: Cast, now: float, line: str) -> float:
    cast.pieces.append((now, "\x1b[1m$\x1b[0m "))
    for letter in line:
        now += KEY_SECONDS
        cast.pieces.append((now, letter))
    cast.pieces.append((now + 0.4, "\r\n"))
    return now + 0.4


def _output(words: tuple[str, ...], environ: Mapping[str, str]) -> Iterator[tuple[float, str]]:
    """Run a command; yield what it writes, with the seconds since its start."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (LINES, COLUMNS))
    began = time.monotonic()
    process = subprocess.Popen(_command(words), stdin=theirs, stdout=theirs, stderr=theirs, env=dict(environ))
    os.close(theirs)
    rest = b""
    while select.select([ours], [], [], 120)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the command has ended
            break
        text, rest = _whole(rest + piece)
        yield time.monotonic() - began, text
    os.close(ours)
    if process.wait() != 0:
        raise RuntimeError(f"avio {' '.join(words)} ended with {process.returncode}")


def _whole(data: bytes) -> tuple[str, bytes]:
    """Return the text that has come, and the bytes of a character that has not come whole."""
    for cut in range(4):
        try:
            return data[: len(data) - cut].decode(), data[len(data) - cut :]
        except UnicodeDecodeError:
            continue
    raise ValueError("the output is not UTF-8")


def _run(words: list[str], environ: Mapping[str, str]) -> None:
    subprocess.run(_command(words), env=dict(environ), check=True)


def _command(words: list[str] | tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "avio.commands", *words]
