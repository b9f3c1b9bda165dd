"""How messages call the bucket of a URL: nothing of it that may be a password or a signature.

Used in web and the job process. Standard library only.
"""

import re

_LOGIN = re.compile(
    r"(?<=://)[^/?#]*:[^/?#]*@"
)  # without a colon it is a container of Azure: abfss://container@account


def without_login(url: str) -> str:
    """Return `url` without user and password, and without its query."""
    return _LOGIN.sub("", url).partition("?")[0].rstrip("/")
