"""The weathers of the store, one class for each: it keeps a request from being answered, or spoils the honest answer.

No weather tells a lie that nobody could find out, such as a page that leaves out a key and calls itself the last.
`WrongBytes` is found out by jobs with verify=checksum alone: the model knows what was sent.
"""

import random
import threading
from dataclasses import replace
from typing import ClassVar

from chaos.store.exchange import Reply, Request, refusal
from chaos.store.honest import answer, described
from chaos.store.model import Model, md5

HTML = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please log in to this network.</body></html>"


class Weather:
    """Fine weather. `share` of the requests that it concerns are spoilt."""

    name: ClassVar[str] = "fine"
    share: ClassVar[float] = 0.5

    def __init__(self, model: Model, random_: random.Random) -> None:
        self.model, self.random = model, random_

    def concerns(self, request: Request) -> bool:
        """Tell whether it spoils such requests."""
        return request.method in ("GET", "PUT", "HEAD")

    def before(self, request: Request) -> Reply | None:
        """Return a reply for a request that must not act."""
        return None

    def after(self, request: Request, reply: Reply) -> Reply:
        """Return what becomes of the honest reply; the same object if there is nothing to spoil."""
        return reply


class Busy(Weather):
    name, share = "503 SlowDown", 0.7

    def before(self, request: Request) -> Reply | None:
        return refusal(503, "SlowDown")


class NoAnswer(Weather):
    name, share = "no answer for seconds, then a cut line", 0.3

    def before(self, request: Request) -> Reply | None:
        return Reply(200, wait=self.random.uniform(0.2, 5), cut=-1)


class CutBody(Weather):
    name = "a body cut midway"

    def after(self, request: Request, reply: Reply) -> Reply:
        return replace(reply, cut=len(reply.body) // 2) if reply.body and request.method == "GET" else reply


class ShortBody(Weather):
    name = "a body shorter than its object, by its own length"

    def concerns(self, request: Request) -> bool:
        return request.fetches

    def after(self, request: Request, reply: Reply) -> Reply:
        if reply.status != 200 or len(reply.body) < 2:
            return reply
        body = reply.body[: len(reply.body) // 2]
        return replace(reply, body=body, headers={**reply.headers, "Content-Length": str(len(body))})


class OtherVersion(Weather):
    name = "the body of another version, or of another key"

    def concerns(self, request: Request) -> bool:
        return request.fetches

    def after(self, request: Request, reply: Reply) -> Reply:
        if reply.status != 200:
            return reply
        tree = request.key.partition("/")[0] + "/"
        others = self.model.versions(request.key)[:-1] or [
            version for key in self.model.keys(tree)[:20] for version in self.model.versions(key)[-1:]
        ]
        others = [version for version in others if version.md5 != md5(reply.body)]
        if not others:
            return reply
        version = self.random.choice(others)
        return Reply(200, version.content, {**described(version), "Content-Length": str(len(version.content))})


class WrongBytes(Weather):
    name = "wrong bytes of the right length and ETag"

    def concerns(self, request: Request) -> bool:
        return request.fetches

    def after(self, request: Request, reply: Reply) -> Reply:
        if reply.status != 200 or not reply.body:
            return reply
        body = bytearray(reply.body)
        body[self.random.randrange(len(body))] ^= 0xFF
        self.model.lie(request.key, bytes(body), reply.headers["ETag"])
        return replace(reply, body=bytes(body))


class Portal(Weather):
    name, share = "a page of HTML with status 200", 0.5

    def before(self, request: Request) -> Reply | None:
        return Reply(200, HTML, {"Content-Type": "text/html"}) if request.method == "GET" else None


class SlowLine(Weather):
    name, share = "a slow line", 0.8

    def after(self, request: Request, reply: Reply) -> Reply:
        return replace(reply, per_second=self.random.choice((300, 1000, 4000)) * (20 if request.lists else 1))


class Listings(Weather):
    def concerns(self, request: Request) -> bool:
        return request.lists


class HalfListing(Listings):
    name = "a listing that goes on, and does not say where"

    def after(self, request: Request, reply: Reply) -> Reply:
        head, _, rest = reply.body.partition(b"<NextContinuationToken>")
        if rest:
            return replace(reply, body=head + rest.partition(b"</NextContinuationToken>")[2])
        return replace(reply, body=reply.body.replace(b">false</IsTruncated>", b">true</IsTruncated>"))


class TornListing(Listings):
    name = "a listing that ends midway, by its own length"

    def after(self, request: Request, reply: Reply) -> Reply:
        return replace(reply, body=reply.body[: len(reply.body) * 2 // 3])


class SamePage(Listings):
    name = "the same page of a listing again"

    def before(self, request: Request) -> Reply | None:
        query = {name: text for name, text in request.query.items() if name != "continuation-token"}
        return answer(self.model, request._replace(query=query)) if len(query) < len(request.query) else None


class OtherKeys(Listings):
    name = "a listing of other keys"

    def before(self, request: Request) -> Reply | None:
        prefix = request.query.get("prefix", "")
        others = [key for key in self.model.content("") if not key.startswith(prefix)]
        if not prefix or not others:
            return None
        query = {"prefix": self.random.choice(others).partition("/")[0] + "/"}
        return answer(self.model, request._replace(query=query))


class Saves(Weather):
    def concerns(self, request: Request) -> bool:
        return request.saves


class SaveRefused(Saves):
    name = "a PUT refused"

    def before(self, request: Request) -> Reply | None:
        return refusal(*self.random.choice([(500, "InternalError"), (503, "SlowDown"), (400, "RequestTimeout")]))


class SaveLate(Saves):
    name = "a PUT answered late"

    def after(self, request: Request, reply: Reply) -> Reply:
        return replace(reply, wait=self.random.uniform(1, 6))


class SaveUnanswered(Saves):
    name = "a PUT done, its answer lost"

    def after(self, request: Request, reply: Reply) -> Reply:
        return replace(reply, cut=-1)


class SaveForgotten(Saves):
    name = "a PUT answered, and not done"

    def before(self, request: Request) -> Reply | None:
        return Reply(200, b"", {"ETag": f'"{md5(request.body)}"'})


class SaveAfterwards(Saves):
    name = "a PUT done seconds after its line was cut"

    def before(self, request: Request) -> Reply | None:
        later = threading.Timer(self.random.uniform(0.1, 3), answer, (self.model, request))
        later.daemon = True
        later.start()
        return Reply(200, cut=-1)


WEATHERS: tuple[type[Weather], ...] = (
    *(Busy, NoAnswer, CutBody, ShortBody, OtherVersion, WrongBytes, Portal, SlowLine),
    *(HalfListing, TornListing, SamePage, OtherKeys),
    *(SaveRefused, SaveLate, SaveUnanswered, SaveForgotten, SaveAfterwards),
)
