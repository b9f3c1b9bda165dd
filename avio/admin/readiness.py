"""Asking web whether everything is there: the /readyz of a server on this machine."""

import httpx

ANSWER_LIMIT = 2.0  # seconds


def missing(url: str) -> str | None:
    """Return what is not ready at `url`, in one line; None when all is."""
    try:
        reply = httpx.get(f"{url}/readyz", timeout=ANSWER_LIMIT, trust_env=False)
    except httpx.HTTPError as error:
        return f"web does not answer ({error})"
    return None if reply.status_code == httpx.codes.OK else f"web says: {' '.join(reply.text.split())[:1000]}"
