"""Texts of settings in files of their own, as Kubernetes and systemd give secrets: { file = "/run/keys/id" }.

Read once, when the settings are. Opens no connection.
"""

from pathlib import Path
from typing import Any

from avio.plain_file import read_small

MOST_BYTES = 64 << 10


def from_file(name: str, value: Any) -> Any:
    """Return the text of the file that `value` names, without the end of its last line; all else as it is.

    Raise ValueError if the file can't be read. No message has anything of its content.
    """
    if not isinstance(value, dict):
        return value
    file = value.get("file")
    if set(value) != {"file"} or not isinstance(file, str) or not Path(file).is_absolute():
        raise ValueError(f'{name} is no text; write it in quotes, or as {{ file = "/absolute/path" }}')
    try:
        text = read_small(file, MOST_BYTES).decode("utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise ValueError(f"{name}: {file}: {error.strerror or error}; create the file, or correct its path") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name}: {file} is not UTF-8; write the bare text into it") from None
    if not text or not text.isprintable():
        raise ValueError(f"{name}: {file} has no text, or more than one line; write the bare text into it")
    return text
