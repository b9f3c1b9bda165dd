"""The options of a job, each declared once: `Params`. API, CLI, rules and the job process derive theirs from it.

Runs in every process. Standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from avio.undecoded import readable
from avio.wire import moments
from avio.wire.limits import LEAST_BANDWIDTH, LEAST_PRIORITY, MOST_BANDWIDTH, MOST_CONCURRENCY, MOST_PRIORITY
from avio.wire.options import Ability, Kind, Option, camel, option
from avio.wire.paths import decoded, spelled
from avio.wire.states import JobType
from avio.wire.webhook_urls import require_url

LS, PRELOAD, SAVE, STAT = JobType.LS, JobType.PRELOAD, JobType.SAVE, JobType.STAT
CHECK, PLAN = JobType.CHECK, JobType.PLAN
PLANNED = {"preload": PRELOAD, "save": SAVE}  # the values of `planOf`
MOVING = PRELOAD, SAVE
CHOOSING = *MOVING, CHECK  # the types that choose files by rules and bounds
MAX_DEPTH = 1000
MAX_PATHS = 1000
MAX_RULES = 100
MAX_NUMBER = 2**63 - 1
CHECKSUM = "checksum"  # the value of `verify` that asks to read the copies back
WAIT, EVICT = "wait", "evict"  # values of `ifFull`: nothing moves before there is room for all
FOLLOW = "follow"  # the value of `symlinks` that takes what they lead to


@dataclass(frozen=True, slots=True)
class Params:
    """The params of a JobSpec. The names in JSON are the same in camelCase."""

    alluxio_uri: str | None = option(
        None,
        "The path: /path or alluxio://host:port/path; ignored with fromFileList.",
        form="a path",
        names_files=True,
    )
    paths: tuple[str, ...] = option(
        (),
        "Several paths, in place of one.",
        most=MAX_PATHS,
        form=f"a list of up to {MAX_PATHS} paths",
        names_files=True,
    )
    alluxio_uri_encoded: bool = option(
        False,
        "alluxioUri and paths are percent-encoded; for names that are not UTF-8.",
        names_files=True,
    )
    depth: int | None = option(
        None,
        "Levels below the path: 0 for the path alone, a file; 1 for its direct children; absent means all.",
        LS,
        *CHOOSING,
        least=0,
        most=MAX_DEPTH,
        narrows=True,
    )
    symlinks: str = option(
        "error",
        "Symlinks: end as partial without them, leave them out, or take what they lead to.",
        *MOVING,
        choices=("error", "skip", FOLLOW),
    )
    from_file_list: bool = option(False, "Take the paths from an uploaded list.", names_files=True)
    file_list_id: str | None = option(
        None,
        "The uploaded list.",
        pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
        form="an id from POST /filelists",
        names_files=True,
    )
    file_list_path: str | None = option(
        None,
        "The list that is an object of a bucket: its path. The job reads it when it begins.",
        form="a path",
        names_files=True,
    )
    versions: bool = option(
        False,
        "The uploaded list names the version of each file: one of another version fails, and is not moved.",
        PRELOAD,
        SAVE,
        names_files=True,
    )
    plan_of: str | None = option(
        None,
        "The job that a plan is made for; the plan takes the options of that job.",
        PLAN,
        choices=tuple(PLANNED),
    )
    filters: tuple[str, ...] = option(
        (),
        "Rules on paths: + GLOB takes a file, - GLOB leaves it; the first that matches decides.",
        *CHOOSING,
        most=MAX_RULES,
        form=f"a list of up to {MAX_RULES} rules",
        kind=Kind.RULES,
        narrows=True,
    )
    filters_encoded: bool = option(
        False,
        "The globs of filters are percent-encoded; for names that are not UTF-8.",
        *CHOOSING,
        names_files=True,
    )
    min_size: int | None = option(
        None,
        "Take only files of at least so many bytes.",
        *CHOOSING,
        least=0,
        most=MAX_NUMBER,
        form="a number of bytes",
        kind=Kind.BYTES,
        narrows=True,
    )
    max_size: int | None = option(
        None,
        "Take only files of at most so many bytes.",
        *CHOOSING,
        least=0,
        most=MAX_NUMBER,
        form="a number of bytes",
        kind=Kind.BYTES,
        narrows=True,
    )
    newer_than: str | None = option(
        None,
        "Take only files that were modified at this time or later.",
        *CHOOSING,
        pattern=moments.PATTERN,
        test=moments.epoch,
        form=moments.FORM,
        kind=Kind.MOMENT,
        narrows=True,
    )
    older_than: str | None = option(
        None,
        "Take only files that were modified before this time.",
        *CHOOSING,
        pattern=moments.PATTERN,
        test=moments.epoch,
        form=moments.FORM,
        kind=Kind.MOMENT,
        narrows=True,
    )
    max_files: int | None = option(
        None,
        "Take only the first so many files, in the order of the listing.",
        *CHOOSING,
        least=1,
        most=MAX_NUMBER,
        form="a number from 1",
        narrows=True,
    )
    max_bytes: int | None = option(
        None,
        "Take files in the order of the listing while they have at most so many bytes together.",
        *CHOOSING,
        least=1,
        most=MAX_NUMBER,
        form="a number of bytes from 1",
        kind=Kind.BYTES,
        narrows=True,
    )
    tier: str | None = option(
        None,
        "The tier to load into, by its alias; absent means that the engine chooses.",
        PRELOAD,
        pattern=r"^[A-Za-z0-9_-]{1,32}$",
        form="an alias: 1 to 32 letters, digits, - and _",
        abilities=(Ability.PLACE_ON_TIER,),
    )
    spread: bool = option(
        False,
        "Let files go to the next tier when one is full; otherwise those to be loaded go to one tier.",
        PRELOAD,
        abilities=(Ability.SPREAD,),
    )
    verify: str = option(
        "content",
        "How bytes are checked: content by the digest that the store has of them, as they come; size counts them; "
        "checksum also reads the copies back after the last byte.",
        *CHOOSING,
        choices=("content", "size", CHECKSUM),
        abilities=(Ability.VERIFY_CHECKSUM,),
        of_check="How a check compares: content by versions, and by the store's digest where the cached file was "
        "changed; size by sizes alone; checksum reads all cached bytes for the digest.",
    )
    if_full: str = option(
        "fail",
        "What to do if not all fits: refuse, load what fits, wait for room, or drop clean files, longest unused first.",
        PRELOAD,
        choices=("fail", "partial", WAIT, EVICT),
        abilities=(Ability.WAIT_FOR_ROOM, Ability.EVICT),
    )
    overwrite: str = option(
        "different",
        "Which objects a save replaces: those that differ, none, older ones, all, or none and fail.",
        SAVE,
        choices=("different", "never", "newer", "always", "fail"),
        abilities=(Ability.OVERWRITE_RULE,),
    )
    on_conflict: str = option(
        "fail",
        "What to do with a file whose object changed too: fail it, or overwrite the object.",
        SAVE,
        choices=("fail", "overwrite"),
        abilities=(Ability.OVERWRITE,),
    )
    report_to: str | None = option(
        None,
        "Where in a bucket the report is stored at the end: the path of a new object, or a directory and a slash.",
        *CHOOSING,
        form="a path",
        abilities=(Ability.STORE_REPORT,),
    )
    notify: str | None = option(
        None,
        "The webhook that is told of the end, in place of the user's own; signed with the user's secret.",
        *CHOOSING,
        test=require_url,
        form="a URL of http or https",
        sensitive=True,
    )
    bandwidth: int | None = option(
        None,
        f"Bytes per second that the job moves at most, {LEAST_BANDWIDTH >> 10}KiB or more; "
        "may be changed while it runs.",
        *MOVING,
        least=LEAST_BANDWIDTH,
        most=MOST_BANDWIDTH,
        kind=Kind.BYTES,
        live=True,
    )
    concurrency: int | None = option(
        None,
        "Files or requests under way at once, at most; may be changed while it runs; absent means as many as help.",
        *CHOOSING,
        least=1,
        most=MOST_CONCURRENCY,
        live=True,
    )
    priority: int = option(
        0, "Higher ones start first; above 0 needs a right.", least=LEAST_PRIORITY, most=MOST_PRIORITY, live=True
    )

    @classmethod
    def at(cls, path: str, **values: Any) -> "Params":
        """Return the params of a job at the canonical `path`, whatever its names."""
        text, is_encoded = spelled(path)
        return cls(alluxio_uri=text, alluxio_uri_encoded=is_encoded, **values)

    @property
    def path(self) -> str:
        """The canonical path, with a lone surrogate for each byte that is not UTF-8; `/` for several, or a list."""
        return decoded(self.alluxio_uri or "/", encoded=self.alluxio_uri_encoded)

    @property
    def roots(self) -> tuple[str, ...]:
        """The canonical paths that are named here, as `path`; none for a file list."""
        named = () if self.from_file_list else self.paths or (self.alluxio_uri or "/",)
        return tuple(decoded(each, encoded=self.alluxio_uri_encoded) for each in named)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules of `filters`, with a lone surrogate for each byte that is not UTF-8."""
        return tuple(decoded(each, encoded=self.filters_encoded) for each in self.filters)

    @property
    def subject(self) -> str:
        """What the job is about, for people: its path or its first one, or its file list."""
        if self.from_file_list:
            return f"file list {self.file_list_path}" if self.file_list_path else "file list"
        first, *more = map(readable, self.roots)
        return f"{first} and {len(more)} more" if more else first

    def to_json(self) -> dict[str, Any]:
        """Return the camelCase object of the API, without members that have their default."""
        told = {"from_file_list", *self.asked()}
        return {camel(member.name): getattr(self, member.name) for member in fields(self) if member.name in told}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Params":
        """Build Params from the camelCase object. Raise KeyError for an unknown member."""
        names = {camel(name): name for name in OPTIONS}
        given: Any = {names[name]: tuple(each) if isinstance(each, list) else each for name, each in data.items()}
        return cls(**given)

    def asked(self) -> list[str]:
        """Return the names of the members that have not their default."""
        return [member.name for member in fields(self) if getattr(self, member.name) != member.default]


OPTIONS: dict[str, Option] = {member.name: member.metadata["option"] for member in fields(Params)}
LIVE = tuple(name for name, rule in OPTIONS.items() if rule.live)
