"""What an honest S3 server answers from the model: listings, HEAD, GET of ranges, conditional PUT, DELETE."""

import re

from chaos.store.exchange import BUCKET, Reply, Request, refusal
from chaos.store.model import AVIO, Model, Version
from tests.servers.hostile_s3 import MODIFIED, HostileS3

PAGE = 40  # keys of a page: a tree takes several


def answer(model: Model, request: Request) -> Reply:
    """Do what is asked, and return the reply."""
    if request.method == "PUT" and request.key and not {"uploadId", "partNumber"} & set(request.query):
        return _put(model, request)
    if request.method in ("GET", "HEAD"):
        return _get(model, request) if request.key else _list(model, request)
    if request.method == "DELETE" and request.key:
        model.delete(request.key, AVIO)
        return Reply(204)
    return refusal(501, "NotImplemented")


def described(version: Version) -> dict[str, str]:
    """Return the headers that tell of a version."""
    return {"ETag": version.etag, "Last-Modified": MODIFIED[1], "Content-Type": "binary/octet-stream"}


def _list(model: Model, request: Request) -> Reply:
    objects = {key.encode(): content for key, content in model.content(request.query.get("prefix", "")).items()}
    body = HostileS3(bucket=BUCKET, objects=objects, page=PAGE).listing(dict(request.query))
    return Reply(200, body, {"Content-Type": "application/xml"})


def _get(model: Model, request: Request) -> Reply:
    version = model.current(request.key)
    if version is None:
        return refusal(404, "NoSuchKey")
    size = len(version.content)
    given = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
    if given is None:
        return Reply(200, version.content, {**described(version), "Content-Length": str(size)})
    begin, end = int(given[1]), min(int(given[2] or size - 1) + 1, size)
    if begin >= end:
        return refusal(416, "InvalidRange")
    headers = {**described(version), "Content-Range": f"bytes {begin}-{end - 1}/{size}"}
    return Reply(206, version.content[begin:end], headers)


def _put(model: Model, request: Request) -> Reply:
    with model.lock:
        now = model.current(request.key)
        if request.headers.get("if-none-match") == "*" and now is not None:
            return refusal(412, "PreconditionFailed")
        expected = request.headers.get("if-match")
        if expected is not None and (now is None or now.etag != expected):
            return refusal(412, "PreconditionFailed")
        return Reply(200, b"", {"ETag": model.put(request.key, request.body, AVIO).etag})
