"""Signs a GET of an object by Signature Version 4, in its headers. Used in the job process and in its movers. Pure.

Amazon describes it in "Authenticating Requests: Using the Authorization Header". `libcurl` signs all other requests.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import NamedTuple

from avio.engines.local.buckets.s3_place import S3Place

_ALGORITHM = "AWS4-HMAC-SHA256"
_NO_BODY = hashlib.sha256().hexdigest()


class Moment(NamedTuple):
    """What GETs with the same headers in the same second have in common; `headers` are those, signed ones included.

    The signed request is `before`, the path and `after`; the signed text is `text` and the digest of that.
    """

    headers: Mapping[str, str]
    before: str
    after: str
    text: str
    claim: str
    key: bytes

    def authorization(self, path: str) -> str:
        """Return the header that signs a GET. `path` is that of the object as it is sent, with its % escapes."""
        digest = hashlib.sha256(f"{self.before}{path}{self.after}".encode()).hexdigest()
        return self.claim + hmac.digest(self.key, f"{self.text}{digest}".encode(), "sha256").hex()


class Signature:
    """Signs with the key of `place`, if it has one. Threads may share it."""

    def __init__(self, place: S3Place) -> None:
        self._place = place
        self._key = ("", b"")  # the day, and the key that signs on it

    def moment(self, headers: Mapping[str, str], now: float) -> Moment | None:
        """Return what signs GETs with `headers`, which have the host, at the time `now`, in seconds since 1970.

        None: there is no key.
        """
        place = self._place
        if not place.key:
            return None
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        whole = {**headers, "x-amz-content-sha256": _NO_BODY, "x-amz-date": at}
        if place.token:
            whole["x-amz-security-token"] = place.token
        lines = sorted((name.lower(), text.strip()) for name, text in whole.items())
        names = ";".join(name for name, _ in lines)
        after = "\n".join(["", "", *(f"{name}:{text}" for name, text in lines), "", names, _NO_BODY])
        scope = f"{at[:8]}/{place.region}/s3/aws4_request"
        claim = f"{_ALGORITHM} Credential={place.key}/{scope}, SignedHeaders={names}, Signature="
        return Moment(whole, "GET\n", after, f"{_ALGORITHM}\n{at}\n{scope}\n", claim, self._key_of(at[:8]))

    def _key_of(self, day: str) -> bytes:
        known, key = self._key
        if known != day:
            key = f"AWS4{self._place.secret}".encode()
            for part in (day, self._place.region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = (day, key)
        return key
