"""Errors of an S3-like store: `refusal` (by Code and Message of a reply), `unreachable` and `no_answer` (without one).

`read_refusal` reads a reply; `refused_by` finds one in another library's text. Used in web and the job process.
Opens no connection.
"""

import re
from collections.abc import Mapping
from html import unescape
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from avio.engines.local.retry_after import retry_after
from avio.engines.local.store_codes import BY_CODE, BY_STATUS, ELSEWHERE, Row
from avio.errors import EngineAway, EngineError, StoreError
from avio.plain_file import NO_RESOURCES

# libcurl's numbers of what kept a reply from coming.
NO_PROXY_HOST, NO_HOST, NO_CONNECTION, TOO_LATE, NO_TLS, NOT_TRUSTED = 5, 6, 7, 28, 35, 60
OUT_OF_MEMORY = 27  # libcurl says it without open files, too
LINE_ENDED, LINE_BROKE = 18, 56  # after the head of a reply

SHOWN_CHARACTERS = 300  # of a store's own message

_ERROR = re.compile(r"<(?:\w+:)?Error[\s>].*?</(?:\w+:)?Error>", re.DOTALL)
_STATUS = re.compile(r"status code: (\d{3})")
_MISSING_HEAD = re.compile(r"<!doctype html|<html", re.IGNORECASE)
_LAST_TRY = re.compile(r"(?<=^Failed to connect to )(.+?) after \d+ ms(?=: )")  # of the last of several tries
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")

_NO_REPLY = {
    NO_HOST: ("no such host", "correct the endpoint of the mount, or the node's name server"),
    NO_PROXY_HOST: ("no such proxy host", "correct the proxy of the mount or of the environment"),
    NO_CONNECTION: ("no connection", "check that the store is up, and host and port of the endpoint"),
    NO_TLS: ("no TLS connection", "check that the endpoint's port speaks https"),
    NOT_TRUSTED: (
        "the certificate is not trusted",
        "let SSL_CERT_FILE name the certificate of its issuer, or correct the host name of the endpoint",
    ),
    OUT_OF_MEMORY: (
        "this process has no memory or no open files left",
        "try again; if it lasts, raise the limit of open files of this process (ulimit -n, or job_files of a job)",
    ),
    TOO_LATE: ("no answer in time", "check that the store is up and not overloaded"),
}


class Refusal(NamedTuple):
    """What a store said: the HTTP status (0: unknown), and Code and Message of its XML ("": none).

    `region` and `address` are where it sends: the region of the bucket, and a URL or a host. `pause` is how many
    seconds it asks to be left alone.
    """

    status: int
    code: str
    message: str
    region: str = ""
    address: str = ""
    pause: float = 0.0

    @property
    def text(self) -> str:
        """The refusal in the store's own words."""
        said = ": ".join(filter(None, (self.code, self.message)))
        return said or (f"HTTP {self.status}" if self.status else "no reason given")

    @property
    def redirects(self) -> bool:
        """Return True if the status, or else the code, sends elsewhere."""
        return 300 <= self.status < 400 or self.code.endswith("Redirect")


def read_refusal(status: int, body: bytes | str, headers: Mapping[str, str] = MappingProxyType({})) -> Refusal:
    """Return what a reply says. The names of `headers` are in small letters."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    pause = retry_after(headers.get("retry-after", ""))
    region, address = (_shown(headers.get(name, "")) for name in ("x-amz-bucket-region", "location"))
    found = _ERROR.search(text)
    if found is None:
        page = "a page of HTML instead of an answer" if _MISSING_HEAD.search(text[:1000]) else ""
        return Refusal(status, "", f"HTTP {status}, {page}" if page else "", region, address, pause)
    code, message, region_there, endpoint = (
        _member(found[0], name) for name in ("Code", "Message", "Region", "Endpoint")
    )
    return Refusal(status, code, message, region_there or region, address or endpoint, pause)


def refusal(what: str, said: Refusal) -> EngineError:
    """Return the error of avio for what a store said. `what` names the object or the bucket."""
    error = _refusal(what, said)
    error.pause = said.pause
    return error


def _refusal(what: str, said: Refusal) -> EngineError:
    row = _row(said)
    if row is None:
        kind = EngineAway if said.status == 429 or said.status >= 500 else StoreError
        return kind(f"{what}: the store refuses: {said.text}")
    endpoint = _endpoint(what, said)
    cure = row.cure.format(
        region=f" to {said.region}" if said.region else "", endpoint=f" to {endpoint}" if endpoint else ""
    )
    where = f": {endpoint}" if endpoint else ""
    error = row.error(f"{what}: {row.meaning}{where} ({said.text})", cure=cure or None)
    code = f" ({said.code})" if said.code in BY_CODE else ""
    error.public = f"{row.meaning}{code}; {row.cure.format(region='', endpoint='') or error.cure}"
    return error


def _row(said: Refusal) -> Row | None:
    if said.code not in BY_CODE and said.redirects and said.address and not said.region:
        return ELSEWHERE
    return BY_CODE.get(said.code) or BY_STATUS.get(said.status)


def _endpoint(what: str, said: Refusal) -> str:
    """Return scheme and host of where a redirect sends, without the name of the bucket; "" if that is unknown."""
    if not said.redirects or not said.address:
        return ""
    try:
        parts = urlsplit(said.address if "://" in said.address else f"https://{said.address}")
        host, bucket = parts.netloc.rpartition("@")[2], urlsplit(what).netloc
    except ValueError:  # no URL
        return ""
    return f"{parts.scheme}://{host.removeprefix(f'{bucket}.')}" if host and not said.address.startswith("/") else ""


def refused_by(text: str) -> Refusal | None:
    """Return what the store said, as another library's error text quotes it; None if it quotes no reply."""
    status = _STATUS.search(text)
    if status is None and _ERROR.search(text) is None:
        return None
    return read_refusal(int(status[1]) if status else 0, text)


def unreachable(what: str, code: int, text: str) -> EngineAway:
    """Return the error of a request without a complete answer. `code` and `text` are libcurl's."""
    meaning, cure = _NO_REPLY.get(code, ("the connection failed", None))
    text = _LAST_TRY.sub(r"\1", text)
    error = EngineAway(f"{what}: {meaning}: {_shown(text) or f'libcurl error {code}'}", cure=cure)
    error.public = f"{meaning}; {error.cure}"
    return error


def no_answer(what: str, error: Exception) -> EngineAway:
    """Return the error of a request that `error` ended: libcurl's, or an OSError of the sockets' own."""
    if isinstance(error, OSError):
        return unreachable(what, OUT_OF_MEMORY if error.errno in NO_RESOURCES else 0, error.strerror or str(error))
    # Without a code libcurl could not even make a group of handles.
    code, text = error.args if len(error.args) > 1 else (OUT_OF_MEMORY, *error.args)
    return unreachable(what, code, text)


def _member(error: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}>(.*?)</(?:\w+:)?{name}>", error, re.DOTALL)
    return _shown(unescape(found[1])) if found else ""


def _shown(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()[:SHOWN_CHARACTERS]
