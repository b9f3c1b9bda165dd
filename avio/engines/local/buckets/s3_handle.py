"""Prepares a handle of libcurl for one S3 bucket: keys, certificates, proxy, limits. All its connections begin here.

Used in web, intake and the job process. Opens no connection.
"""

import os

from avio.engines.local.buckets.libcurl import certifi, pycurl
from avio.engines.local.buckets.s3_place import S3Place

CONNECT_SECONDS = 5
SILENCE_SECONDS = 60  # seconds without a byte in either direction, however slow the line is


def set_place(curl: "pycurl.Curl", place: S3Place, connect_seconds: int = CONNECT_SECONDS) -> None:
    """Let `curl` ask the store of `place`, and give up a connection without a byte for SILENCE_SECONDS."""
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.CONNECTTIMEOUT, connect_seconds)
    curl.setopt(pycurl.LOW_SPEED_LIMIT, 1)
    curl.setopt(pycurl.LOW_SPEED_TIME, SILENCE_SECONDS)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    if place.key:
        curl.setopt(pycurl.AWS_SIGV4, f"aws:amz:{place.region}:s3")
        curl.setopt(pycurl.USERNAME, place.key)
        curl.setopt(pycurl.PASSWORD, place.secret)
    if place.agent:
        curl.setopt(pycurl.USERAGENT, place.agent)
    _set_certificates(curl, place)
    _set_proxy(curl, place)


def headers_of(place: S3Place, *more: str) -> list[str]:
    """Return the header lines of a request: a session token, and `more`."""
    return ["Accept:", *([f"x-amz-security-token:{place.token}"] if place.token else []), *more]


def _set_certificates(curl: "pycurl.Curl", place: S3Place) -> None:
    if place.certificate:
        curl.setopt(pycurl.CAINFO_BLOB, place.certificate.encode())
    else:
        curl.setopt(pycurl.CAINFO, os.environ.get("SSL_CERT_FILE") or certifi.where())
        if directory := os.environ.get("SSL_CERT_DIR"):
            curl.setopt(pycurl.CAPATH, directory)
    if place.insecure:
        curl.setopt(pycurl.SSL_VERIFYPEER, 0)
        curl.setopt(pycurl.SSL_VERIFYHOST, 0)


def _set_proxy(curl: "pycurl.Curl", place: S3Place) -> None:
    """Set the proxy of the mount. libcurl reads the environment itself, but of HTTP_PROXY only the small letters."""
    proxy = os.environ.get("HTTP_PROXY") if place.url.startswith("http://") and "http_proxy" not in os.environ else None
    if place.proxy or proxy:
        curl.setopt(pycurl.PROXY, place.proxy or proxy)
