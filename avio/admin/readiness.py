"""Asks web what is ready: the /readyz of a server on this machine."""

import ssl
from typing import NamedTuple

import httpx2

ANSWER_SECONDS = 4.0  # more than web takes for its own parts

# web speaks plain HTTP: no certificates are loaded, which would take 20 ms for each question.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Readiness(NamedTuple):
    """What is not ready, in one line, or None; and what the engine lacks, whether it works or not: a line for each."""

    unready: str | None
    missing: str = ""


def ask_readiness(url: str, *, nodes: bool = True) -> Readiness:
    """Return what is ready at `url`. The engine is never a reason to wait: it may be unavailable for days.

    Without `nodes`, a server that has no worker node is ready too.
    """
    try:
        reply = httpx2.get(f"{url}/readyz", timeout=ANSWER_SECONDS, trust_env=False, verify=_NO_CERTIFICATES)
    except httpx2.HTTPError as error:
        return Readiness(f"web is unavailable ({error})")
    if reply.status_code == httpx2.codes.OK and b'"degraded"' not in reply.content:
        return Readiness(None)
    said = " ".join(reply.text.split())[:1000]
    try:
        parts = reply.json()["parts"]
        engine = parts.pop("engine")
        others = all(part["ok"] for name, part in parts.items() if nodes or name != "supervisor")
    except (ValueError, LookupError, TypeError, AttributeError):
        return Readiness(f"web says: {said}")
    missing = "" if engine["ok"] and not engine["missing"] else str(engine["message"])
    return Readiness(None if others else f"web says: {said}", missing)
