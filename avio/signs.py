"""Signs of life: small files, by which a probe knows that the loop of a process goes round, and whether it is ready.

Written by keeper, intake, aggregator and avio-gate; read by their probes. A sign that can't be written stops nothing.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from avio.clock import boottime
from avio.log import LogPace
from avio.plain_file import read_small

EVERY_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sign:
    """What a process says of itself. `at` is CLOCK_BOOTTIME; `beside` the pid of the process that it works with."""

    at: float
    pid: int
    not_ready: str
    beside: int | None = None


class SignPost:
    """Where one process puts its signs: the file `name` in `directory`; None: nowhere."""

    def __init__(self, directory: Path | None, name: str) -> None:
        self._file = None if directory is None else directory / name
        self._shown: Sign | None = None
        self._pace = LogPace()

    def show(self, not_ready: str = "", beside: int | None = None) -> None:
        """Say that the loop goes round, every few seconds and at each change. `not_ready` says why it is not ready."""
        if self._file is None:
            return
        sign, last = Sign(boottime(), os.getpid(), not_ready, beside), self._shown
        if last and sign.at - last.at < EVERY_SECONDS and (last.not_ready, last.beside) == (not_ready, beside):
            return
        self._shown = sign
        try:
            _write(self._file, sign)
        except OSError as error:
            if self._pace.is_due(str(error)):
                log.warning("the sign of life is not written: %s", error)


class NoSign(Exception):
    """There is no sign. The message says why."""


def read_sign(directory: Path, name: str) -> Sign:
    """Return the newest sign of a process. Raise NoSign if there is none since this machine was started."""
    file = directory / name
    try:
        sign = Sign(**json.loads(read_small(file)))
        if sign.at <= boottime():
            return sign
    except OSError as error:
        raise NoSign(f"{file}: {error.strerror or error}") from None
    except (ValueError, TypeError) as error:
        raise NoSign(f"{file} is not a sign of life: {error}") from None
    raise NoSign(f"{file} was written before this machine was started")


def living_sign(directory: Path, name: str, limit: float) -> Sign:
    """Return the sign of a process that has given one in the last `limit` seconds. Raise NoSign."""
    sign = read_sign(directory, name)
    age = boottime() - sign.at
    if age > limit:
        raise NoSign(f"it is {age:.0f} s old, more than {limit:g} s")
    return sign


def _write(file: Path, sign: Sign) -> None:
    """Replace the file, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{sign.pid}")
    new.write_text(json.dumps(asdict(sign)))
    new.replace(file)
