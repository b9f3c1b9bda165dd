"""The file of a plan: a header, then a line for each file. A person may edit it; `avio apply` reads it.

Runs in the user's shell. Both ways it is read line by line, never as a whole.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import click

from avio.client.plan_shapes import PlanLine
from avio.client.shapes import JobDetail
from avio.filelist_parser import path_and_version
from avio.wire.options import camel
from avio.wire.params import OPTIONS, PLANNED
from avio.wire.plans import MOVES, Action
from avio.wire.states import JobType

_WRITE_ONE = "write one with: avio preload PATH --dry-run --plan FILE"
_MOVE = {JobType.PRELOAD: Action.LOAD, JobType.SAVE: Action.SAVE}

FORMAT = 1  # of the header's member `avioPlan`

# What a plan's file names by its lines: the options that say which files a job has.
_NAMING = {camel(name) for name, rule in OPTIONS.items() if rule.names_files or rule.narrows} | {"planOf"}


def header(job: JobDetail) -> dict[str, Any]:
    """Return the first line of the file of an ended plan."""
    params = job["params"]
    return {"avioPlan": FORMAT, "type": params["planOf"], "params": params, "job": job["id"], "plan": job.get("plan")}


@dataclass(slots=True)
class PlanFile:
    """A plan that is read: the type and the options of its job."""

    stream: BinaryIO
    type: JobType = JobType.PRELOAD
    params: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the header. Raises UsageError."""
        first = self.stream.readline()
        if not first:
            raise click.UsageError(f"the plan is empty; {_WRITE_ONE}")
        head = _loaded(first, 1)
        if isinstance(head.get("avioPlan"), int) and head["avioPlan"] > FORMAT:
            raise click.UsageError(f"the plan was written by a later version of avio; update this one, or {_WRITE_ONE}")
        if head.get("avioPlan") != FORMAT or not _is_plan(head):
            raise click.UsageError(f"line 1 is not the header of a plan; {_WRITE_ONE}")
        self.type = PLANNED[head["type"]]
        self.params = {name: value for name, value in head["params"].items() if name not in _NAMING}

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of an upload: the files to move, each with its version. Raises UsageError."""
        for number, text in enumerate(self.stream, 2):
            if not text.strip():
                continue
            line = _loaded(text, number)
            if self._moves(line, number):
                members = {name: line[name] for name in ("path", "pathBytes", "version") if line.get(name) is not None}
                _check(members, number)
                yield json.dumps(members, separators=(",", ":")).encode() + b"\n"

    def _moves(self, line: dict[str, Any], number: int) -> bool:
        """Return True if a line's file is to be moved. A plan moves in one direction."""
        try:
            action = Action(str(line.get("action")))
        except ValueError:
            known = ", ".join(Action)
            raise click.UsageError(f"line {number} has no action that is one of {known}; correct it") from None
        if action in MOVES and action is not _MOVE[self.type]:
            plan = f"the plan is of a {self.type.name.lower()}"
            raise click.UsageError(
                f"line {number} has the action {action}, but {plan}; write {_MOVE[self.type]} or skip"
            )
        return action in MOVES


def _is_plan(head: dict[str, Any]) -> bool:
    kind = head.get("type")
    return isinstance(kind, str) and kind in PLANNED and isinstance(head.get("params"), dict)


def _check(members: dict[str, Any], number: int) -> None:
    """Refuse what the server would, by the line of this file: the server counts only the lines that it gets."""
    if not isinstance(members.get("version"), str):
        raise click.UsageError(f"line {number} has no version, so that it can't be moved; remove it")
    try:
        path_and_version(members)
    except ValueError as error:
        raise click.UsageError(f"line {number} of the plan can't be moved: {error}; correct or remove it") from None


def _loaded(text: bytes, number: int) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise click.UsageError(f"line {number} of the plan is not a JSON object; correct or remove it")
    return found


def write(file: Path, job: JobDetail, lines: Iterator[PlanLine]) -> None:
    """Write the file of an ended plan: complete or not at all. Raises UsageError if its disk refuses."""
    part = file.with_name(f"{file.name}.part")
    try:
        try:
            with open(part, "wb") as stream:
                for each in chain([header(job)], lines):
                    stream.write(json.dumps(each, separators=(",", ":")).encode() + b"\n")
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise click.UsageError(f"--plan: {file} can't be written: {error.strerror}") from None
