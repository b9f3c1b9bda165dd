"""What a pod with the gate asks for: a path, and the condition that it must meet. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from avio.wire.conditions import ConditionError, parse

GATE = "avio.io/cached"
PATH = "avio.io/path"
UNTIL = "avio.io/until"
NOTE = "avio.io/gate"  # what avio-gate says

DEFAULT_UNTIL = "cached"
BEGINS = ("/", "alluxio://")
PATH_BYTES = 4096
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a pod waits for. Pods with the same have one wait."""

    path: str
    until: str


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod with the gate. `ask` is None if it asks for nothing that can be; then `wrong` says why."""

    uid: str
    namespace: str
    name: str
    version: str
    note: str
    ask: Ask | None
    wrong: str = ""


def gated(document: Mapping[str, Any]) -> Pod | None:
    """Return the pod of a document of the API, or None if it has not the gate, or is about to go."""
    metadata, spec = document["metadata"], document.get("spec") or {}
    gates = {gate.get("name") for gate in spec.get("schedulingGates") or ()}
    if GATE not in gates or metadata.get("deletionTimestamp"):
        return None
    marks = metadata.get("annotations") or {}
    ask, wrong = _ask(marks.get(PATH) or "", marks.get(UNTIL) or DEFAULT_UNTIL)
    return Pod(
        *(metadata["uid"], metadata["namespace"], metadata["name"], metadata["resourceVersion"]),
        *(marks.get(NOTE) or "", ask, wrong),
    )


def _ask(path: str, until: str) -> tuple[Ask | None, str]:
    if not path:
        return None, f"the annotation {PATH} is missing; it names the path to wait for"
    if not path.startswith(BEGINS) or len(path.encode()) > PATH_BYTES or _CONTROL.search(path):
        form = f"write one that begins with /, of at most {PATH_BYTES} bytes, on one line"
        return None, f"the annotation {PATH} is not a path; {form}"
    try:
        return Ask(path, str(parse(until))), ""
    except ConditionError as error:
        return None, f"the annotation {UNTIL} {error}"
