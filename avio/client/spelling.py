"""How a call writes a path. Each byte of a name that is not UTF-8 comes as a lone surrogate, as from `os.fsdecode`.

Used by the client and the CLI.
"""

from typing import Any

from avio.wire.paths import spelled


def spelled_path(path: str) -> dict[str, Any]:
    """Return the members of a request for `path`: percent-encoded if JSON or a query could not carry it."""
    text, is_encoded = spelled(path)
    return {"alluxioUri": text, "alluxioUriEncoded": True} if is_encoded else {"alluxioUri": text}
