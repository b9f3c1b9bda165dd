"""Where objects may be asked for past libcurl: a store without TLS and proxies, by paths that it sends as they are.

Used in the job process and in its movers.
"""

import os
import re
import time
from collections.abc import Mapping

from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.s3_signature import Moment, Signature

_PLAIN = re.compile(r"http://((?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?)(?:/(?:[\w.~-]|%[0-9A-F]{2})*)*", re.ASCII)
_DOTS = re.compile(r"/\.\.?(?:/|$)")  # libcurl takes them out of a path
_PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


class PlainPlace:
    """The bucket of `place`. Threads may share it."""

    def __init__(self, place: S3Place) -> None:
        texts = (place.agent, place.token, place.key, place.region)  # libcurl knows how to send others
        usual = not place.proxy and all(text.isascii() and text.isprintable() for text in texts)
        found = _PLAIN.fullmatch(place.url) if usual else None
        self._place = place
        self._is_usual = found is not None
        self.host = found[1] if found else ""
        self._agent = place.agent or pycurl.version
        self.signature = Signature(place)

    @property
    def is_usual(self) -> bool:
        """True if GETs may go past libcurl."""
        return self._is_usual and not any(map(os.environ.get, _PROXIES))

    def is_unusual(self) -> None:
        """Take that a reply had an unusual form: such is the store, or what stands before it."""
        self._is_usual = False

    def path_of(self, key: str) -> str | None:
        """Return the path of an object as it is sent, None if libcurl must ask for it."""
        path = self._place.url_of(key).removeprefix(f"http://{self.host}")
        return None if _DOTS.search(path) else path

    def headers(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a GET that are signed: the host, and `more`."""
        return {"Host": self.host.removesuffix(":80"), **more}

    def lines(self, headers: Mapping[str, str]) -> str:
        """Return the lines of a head for `headers`."""
        return "".join([f"{name}: {text}\r\n" for name, text in {**headers, "User-Agent": self._agent}.items()])


class PlainAsk:
    """GETs of objects of `place` with the same headers: what they have in common is made once a second."""

    def __init__(self, place: PlainPlace, headers: Mapping[str, str]) -> None:
        self._place = place
        self._headers = place.headers(headers)
        self._second = -1
        self._moment: Moment | None = None
        self._lines = ""

    def request(self, key: str) -> bytes | None:
        """Return the signed GET of an object, None if libcurl must ask for it."""
        path = self._place.path_of(key)
        if path is None:
            return None
        now = int(time.time())
        if now != self._second:
            self._second, self._moment = now, self._place.signature.moment(self._headers, now)
            self._lines = self._place.lines(self._moment.headers if self._moment else self._headers)
        proof = f"Authorization: {self._moment.authorization(path)}\r\n" if self._moment else ""
        return f"GET {path} HTTP/1.1\r\n{self._lines}{proof}\r\n".encode()
