"""The ports of URLs in settings. A URL may have a password, so that no message shows it."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def require_port(text: str) -> str:
    """Return the URL `text`. Raise ValueError if what stands in place of its port is none."""
    try:
        is_none = urlsplit(text).port == 0
    except ValueError:
        is_none = True
    if is_none:
        raise ValueError("has no valid host and port; write host:port, with a port from 1 to 65535")
    return text


UrlWithPort = Annotated[str, AfterValidator(require_port)]
