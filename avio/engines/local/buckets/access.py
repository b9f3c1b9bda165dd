"""Whether the objects of a mount are to be had by plain signed GETs, and where.

Used in web and the job process. Connects to nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

# With any other option the store is not one that can be asked in this plain way.
_PLAIN = frozenset({"access_key_id", "secret_access_key", "region", "endpoint", "allow_http"})


class Access(NamedTuple):
    """Where the objects of a bucket are and who may fetch them; `base` is the URL that a key is put behind."""

    base: str
    region: str
    access_key_id: str
    secret_access_key: str


def access_to(url: str, options: Mapping[str, str]) -> Access | None:
    """Return the access to an S3 bucket by `options` (obstore's names); None where it takes more than plain keys."""
    parts = urlsplit(url)
    known = {name.lower().removeprefix("aws_"): text for name, text in options.items()}
    if parts.scheme not in ("s3", "s3a") or not known.keys() <= _PLAIN or len(known) < len(options):
        return None
    region, key, secret = (known.get(name) for name in ("region", "access_key_id", "secret_access_key"))
    if not (region and key and secret):
        return None
    endpoint = known.get("endpoint") or f"https://s3.{region}.amazonaws.com"
    prefix = quote(parts.path.strip("/"))
    return Access("/".join(filter(None, (endpoint.rstrip("/"), parts.netloc, prefix))), region, key, secret)
