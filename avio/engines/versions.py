"""The version of a file in a plan, and the error of a file that has another one. Pure. Used in the job process."""

from avio.errors import EngineError


class VersionChanged(EngineError):
    """The file has another version than the one that was asked for. It was not moved."""

    reason = "VERSION_CHANGED"
    status = 409
    cure = "make a new plan, then order the files that changed"
