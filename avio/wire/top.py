"""The words of `GET /top`. Standard library only."""

from enum import StrEnum


class By(StrEnum):
    """What the files are summed up by."""

    PREFIX = "prefix"
    USER = "user"
    JOB = "job"
    MOUNT = "mount"


class Came(StrEnum):
    """How files came into the cache."""

    PRELOADED = "preloaded"  # by the job, or a job of the user, of the row
    WRITTEN = "written"  # programs wrote them
    UNKNOWN = "unknown"  # no job that is known, or jobs of several users, may have brought them
