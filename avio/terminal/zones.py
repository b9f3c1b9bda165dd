"""The name of this machine's time zone in the IANA list, as far as the machine tells it."""

import os
import re

_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
LOCALTIME = "/etc/localtime"
ZONES = "/zoneinfo/"


def zone_here() -> str | None:
    """Return such as `Asia/Shanghai`; None if neither TZ nor /etc/localtime name a zone."""
    text = os.environ.get("TZ", "").removeprefix(":")
    name = text if text else os.path.realpath(LOCALTIME).partition(ZONES)[2]
    name = (name.partition(ZONES)[2] or name).removeprefix("Etc/")
    is_name = "/" in name or name == "UTC"  # CET and EST5EDT are rules of a year of before
    return name if is_name and _NAME.fullmatch(name) else None
