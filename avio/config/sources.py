"""Reads the settings from environment and file, tells where each came from, and finds all errors at once."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from avio import faults
from avio.config.alluxio import AlluxioSpec
from avio.config.contradictions import contradictions
from avio.config.local import Mount, TierSpec
from avio.config.settings import Settings
from avio.errors import SettingsError
from avio.plain_file import read_small

PREFIX = "AVIO_"

# Variables with our prefix that the server does not read: those of the CLI, the demo and the tests.
FOREIGN = frozenset(
    {
        "AVIO_CONFIG",
        "AVIO_URL",
        "AVIO_TOKEN",
        "AVIO_PASSWORD",
        "AVIO_PROGRESS",
        "AVIO_DEBUG",
        "AVIO_ADMIN_PASSWORD",
        "AVIO_FAULT",
        "AVIO_COMPLETE",
    }
)

# Kubernetes gives every container such variables of each Service of its namespace; that of ours may be named avio.
# Names with their values: a name alone, such as AVIO_PORT, may be a setting, or a slip in the name of one.
_PORT = r"PORT_\d{1,5}_(?:TCP|UDP|SCTP)"
_SERVICE_LINK = re.compile(
    r"AVIO_(?:[A-Z0-9_]+_)?(?:"
    r"SERVICE_HOST=[0-9A-Fa-f.:]+"
    r"|SERVICE_PORT(?:_[A-Z0-9_]+)?=\d{1,5}"
    rf"|(?:PORT|{_PORT})=(?:tcp|udp|sctp)://[0-9A-Fa-f.:\[\]]+"
    rf"|{_PORT}_(?:PROTO=(?:tcp|udp|sctp)|PORT=\d{{1,5}}|ADDR=[0-9A-Fa-f.:]+)"
    r")",
    re.ASCII,
)

# The tables of the file, with the shape of a row.
TABLES: Mapping[str, type[BaseModel]] = {"mounts": Mount, "tiers": TierSpec, "alluxio": AlluxioSpec}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. With `problems`, `settings` has a default in place of each invalid value, and lacks invalid rows.

    `origins` has the source of each value, `wrong` the names of the invalid ones.
    """

    settings: Settings
    origins: dict[str, str]
    problems: list[str]
    wrong: frozenset[str]


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process, or raise `SettingsError` with every error."""
    return load_with_origins(environ)[0]


def load_with_origins(environ: Mapping[str, str] | None = None) -> tuple[Settings, dict[str, str]]:
    """Return the settings and the origin of each value."""
    found = read(environ)
    if found.problems:
        raise SettingsError(found.problems)
    return found.settings, found.origins


def read(environ: Mapping[str, str] | None = None, whose: str = "") -> Reading:
    """Return what environment and file say, with all errors. `whose` follows the names of variables: who set them."""
    environ = os.environ if environ is None else environ
    problems: list[str] = []
    from_file, file = _read_file(environ, problems)
    from_env = _read_environment(environ, problems)
    try:
        faults.parse(environ.get("AVIO_FAULT", ""))
    except ValueError as error:
        problems.append(f"AVIO_FAULT: {error}")
    origins = dict.fromkeys(Settings.model_fields, "default")
    origins |= {name: str(file) for name in from_file if name in origins}
    origins |= {name: PREFIX + name.upper() + whose for name in from_env}
    settings, wrong = _valid({**from_file, **from_env}, origins, file, problems)
    problems += contradictions(settings, wrong)
    return Reading(settings, origins, problems, wrong)


def given(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what file and `environ` set, as it is written there: for settings that `load` has checked."""
    problems: list[str] = []
    from_file, _ = _read_file(environ, problems)
    return {**from_file, **_read_environment(environ, problems)}


def config_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the settings file."""
    return Path(environ.get("AVIO_CONFIG") or "avio.toml")


def settings_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are settings, or would be: those with our prefix that nobody else owns."""
    return {
        name: text
        for name, text in environ.items()
        if name.startswith(PREFIX) and name not in FOREIGN and not is_service_link(name, text)
    }


def is_service_link(name: str, text: str) -> bool:
    """Return True for a variable by which Kubernetes tells of a Service: AVIO_SERVICE_HOST, AVIO_PORT=tcp://..."""
    return _SERVICE_LINK.fullmatch(f"{name}={text}") is not None


def _valid(
    values: dict[str, Any], origins: Mapping[str, str], file: Path, problems: list[str]
) -> tuple[Settings, frozenset[str]]:
    """Return settings of all that is valid in `values`, and the names of what is not."""
    wrong: set[str] = set()
    while True:
        try:
            return Settings(**values), frozenset(wrong)
        except ValidationError as error:
            places = [detail["loc"] for detail in error.errors()]
            problems += [_explain(detail, origins, file) for detail in error.errors()]
            wrong |= {str(place[0]) for place in places}
            values = _without(values, places)


def _without(values: Mapping[str, Any], places: Sequence[tuple[int | str, ...]]) -> dict[str, Any]:
    """Return `values` without the invalid ones: of mounts and tiers without the invalid rows."""
    rows = {place[:2] for place in places}
    left: dict[str, Any] = {}
    for name, value in values.items():
        if name == "mounts" and isinstance(value, dict):
            left[name] = {path: row for path, row in value.items() if (name, path) not in rows}
        elif name == "tiers" and isinstance(value, list):
            left[name] = [row for number, row in enumerate(value) if (name, number) not in rows]
        elif all(place[0] != name for place in places):
            left[name] = value
    return left


def _read_file(environ: Mapping[str, str], problems: list[str]) -> tuple[dict[str, Any], Path]:
    file = config_file(environ)
    try:
        return tomllib.loads(read_small(file).decode("utf-8")), file
    except FileNotFoundError:
        if environ.get("AVIO_CONFIG"):
            problems.append(f"AVIO_CONFIG: {file} does not exist; create the file or unset the variable")
    except RecursionError:
        problems.append(f"{file}: its arrays or tables are nested too deeply; no setting needs more than 3 levels")
    except OSError as error:
        problems.append(f"{file}: {error.strerror or error}; correct AVIO_CONFIG, or the file")
    except ValueError as error:
        problems.append(f"{file}: {_why_not_read(error)}")
    return {}, file


def _why_not_read(error: ValueError) -> str:
    """Return what is wrong with an invalid file."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is not UTF-8; save the file as UTF-8"
    if isinstance(error, tomllib.TOMLDecodeError):
        return str(error)
    return "a number has more than 4,300 digits; correct it"  # in place of Python's words about itself


def _read_environment(environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """Return the fields that AVIO_* variables set. Tables come from the file alone."""
    found = {}
    for variable, text in settings_in(environ).items():
        name = variable.removeprefix(PREFIX).lower()
        if name in TABLES:
            problems.append(f"{variable} is a table; put it into avio.toml")
        elif name in Settings.model_fields:
            found[name] = text
        else:
            known = [PREFIX + each.upper() for each in Settings.model_fields if each not in TABLES]
            problems.append(f"{variable}: unknown setting; {_meant(variable, [*known, *FOREIGN])}")
    return found


def _explain(detail: Any, origins: Mapping[str, str], file: Path) -> str:
    path = [str(part) for part in detail["loc"] if part != "[key]"]
    message = str(detail["msg"]).removeprefix("Value error, ")
    name = ".".join(path)
    if detail["type"] == "extra_forbidden":
        shape = Settings if len(path) == 1 else TABLES[path[0]]
        return f"{file}: {name}: unknown setting; {_meant(path[-1], list(shape.model_fields), is_table=len(path) > 1)}"
    return f"{name} (from {origins.get(path[0], 'avio.toml')}): {message}"


def _meant(name: str, known: Sequence[str], *, is_table: bool = False) -> str:
    """Return the known name that is spelled much like `name`, else where all of them are."""
    if near := get_close_matches(name, known, n=1):
        return f"did you mean {near[0]}?"
    return f"the settings here are {', '.join(known)}" if is_table else "avio-server check lists all settings"
