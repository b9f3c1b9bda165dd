"""What users may know of an engine's error: what failed and what to do, not where the stores and daemons are.

Used by web and the aggregator. Admins, logs and `avio-server` have the whole text.
"""

import re

PLACE = "(address)"

_ADDRESSES = re.compile(
    r"""\b[a-z][a-z0-9+.-]*://[^\s/'"<>@]*:[^\s'"<>]*@[^\s'"<>,;)]+                        # a URL with a password
    | \b(?!alluxio:)(?:https?|grpc|redis|rediss|postgresql|socks\w*)://[^\s'"<>,;)]+   # a URL
    | \b(?:[\w-]+\.)+[\w-]+:\d{2,5}\b                                                    # host.name:port, 10.0.0.1:80
    | \blocalhost:\d{2,5}\b
    | \[[0-9a-f:]*:[0-9a-f:]*\](?::\d{2,5})?                                             # [::1]:80
    | (?<=\bto\ )[\w.-]+\ port\ \d+                                                      # as libcurl writes it
    | (?<=\bhost:\ )[\w.-]+""",
    re.VERBOSE | re.IGNORECASE,
)
_MARKUP = re.compile(r"<\?xml.*|<[A-Za-z!][^<>]*>.*", re.DOTALL)


def without_addresses(text: str) -> str:
    """Return `text` without addresses of servers, and without the body of a reply that it may quote."""
    return _ADDRESSES.sub(PLACE, _MARKUP.sub("...", text))
