"""Where an S3 bucket is, and with which keys it is asked, if any. Used in web and the job process. Asks nothing."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from avio.engines.local.buckets import libcurl

# With any other option only obstore knows how to ask.
_KNOWN = {
    "access_key_id": "key",
    "secret_access_key": "secret",
    "session_token": "token",
    "token": "token",
    "region": "region",
    "default_region": "region",
    "endpoint": "endpoint",
    "endpoint_url": "endpoint",
    "virtual_hosted_style_request": "virtual",
    "allow_http": "http",
    "proxy_url": "proxy",
    "root_certificate": "certificate",
    "allow_invalid_certificates": "insecure",
    "user_agent": "agent",
    "skip_signature": "anonymous",
}

_UNQUOTED = re.compile(r"[A-Za-z0-9_.~/-]*")  # most keys: `quote`, which takes longer, leaves them as they are

DEFAULT_REGION = "us-east-1"  # that of obstore; most stores but AWS take any


class S3Place(NamedTuple):
    """A bucket and the folder of it that is mounted. `folder` is "" or ends in a slash. "" means: not set.

    Without a `key` requests are not signed.
    """

    url: str
    bucket: str
    folder: str
    region: str
    key: str
    secret: str
    token: str = ""
    proxy: str = ""
    certificate: str = ""  # PEM
    insecure: bool = False
    agent: str = ""

    def url_of(self, key: str) -> str:
        """Return the URL of an object; its key counts from the mounted folder."""
        name = self.folder + key
        return f"{self.url.rstrip('/')}/{name if _UNQUOTED.fullmatch(name) else quote(name)}"


def place_of(url: str, options: Mapping[str, str]) -> S3Place | None:
    """Return the place for the mount `url` with obstore's `options`, or None if only obstore can open it."""
    parts = urlsplit(url)
    names = {name: _KNOWN.get(name.lower().removeprefix("aws_")) for name in options}
    if parts.scheme not in ("s3", "s3a") or None in names.values() or not libcurl.IS_INSTALLED:
        return None
    known = {new: str(options[name]) for name, new in names.items() if new}
    region = known.get("region") or DEFAULT_REGION
    key, secret = ("", "") if _is_on(known.get("anonymous")) else (known.get("key", ""), known.get("secret", ""))
    if not (key and secret) and not _is_on(known.get("anonymous")):
        return None
    endpoint = known.get("endpoint") or f"https://s3.{region}.amazonaws.com"
    folder = unquote(parts.path).strip("/")
    return S3Place(
        _bucket_url(
            endpoint.rstrip("/"), parts.netloc, virtual=_is_on(known.get("virtual")), named="endpoint" in known
        ),
        parts.netloc,
        folder + "/" if folder else "",
        region,
        key,
        secret,
        known.get("token", ""),
        known.get("proxy", ""),
        known.get("certificate", ""),
        _is_on(known.get("insecure")),
        known.get("agent", ""),
    )


def _bucket_url(endpoint: str, bucket: str, *, virtual: bool, named: bool) -> str:
    if not virtual:
        return f"{endpoint}/{quote(bucket)}"
    if named:  # such an endpoint names the bucket already
        return f"{endpoint}/"
    scheme, _, host = endpoint.partition("://")
    return f"{scheme}://{bucket}.{host}/"


def _is_on(text: str | None) -> bool:
    return (text or "").lower() in ("true", "1", "yes", "on", "y")
