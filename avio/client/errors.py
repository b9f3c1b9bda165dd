"""What can fail between a client and the API: a refusal, no answer, or the end of a wait.

Raised by every call of the client. Imports the error tree alone.
"""

from collections.abc import Mapping
from typing import Any

from avio.errors import AvioError, FieldError


class ClientError(AvioError):
    """An error as a caller sees it: `message` says what failed, `why` the cause, `cure` what to do."""

    reason = "CLIENT"

    def __init__(self, message: str, *, why: str, cure: str, retry_after: int | None = None) -> None:
        super().__init__(message, cure=cure, retry_after=retry_after)
        self.why = why

    def __str__(self) -> str:
        """Say all of it on one line: programs that print an error print this."""
        parts = (f"{self.message} ({self.reason})", self.why, f"try: {self.cure}" if self.cure else "")
        return "; ".join(part for part in parts if part)


class ApiError(ClientError):
    """A refusal by the API, with its whole problem document; `cure` is empty when the document has none."""

    def __init__(self, document: Mapping[str, Any], *, retry_after: int | None = None) -> None:
        self.status = int(document["status"])
        self.reason = str(document.get("reason") or "UNKNOWN")
        self.title = str(document.get("title") or "")
        self.detail = str(document.get("detail") or self.title)
        self.request_id: str | None = document.get("requestId")
        self.fields = [FieldError(error["field"], error["message"]) for error in document.get("errors") or ()]
        super().__init__(
            self.detail, why=self._explanation(), cure=str(document.get("cure") or ""), retry_after=retry_after
        )

    def _explanation(self) -> str:
        parts = [f"{error.field}: {error.message}" for error in self.fields] or [f"{self.status} {self.title}".strip()]
        return "; ".join([*parts, f"request {self.request_id}"] if self.request_id else parts)


class Unreachable(ClientError):
    """No answer, half an answer, or one that is not from avio; `retry_after` is in seconds, of a proxy."""

    reason = "UNREACHABLE"


class Cut(ClientError):
    """A report or result is longer than the server keeps. What it has was yielded before."""

    reason = "CUT"
    cure = "run the job on parts of the tree, one after the other"

    def __init__(self, message: str) -> None:
        super().__init__(message, why="the server keeps 1 GiB of each report and result", cure=self.cure)


class WaitOver(ClientError):
    """The caller's limit passed before the job ended; the job continues."""

    reason = "WAIT_OVER"

    def __init__(self, job_id: str, limit: float) -> None:
        super().__init__(
            f"job {job_id} did not end within {limit:g} s", why="the job continues", cure=f"avio watch {job_id}"
        )


class ConditionNotMet(ClientError):
    """The caller's limit passed before the condition on a path was met. `trouble` is why the last question failed."""

    reason = "WAIT_OVER"

    def __init__(self, path: str, until: str, limit: float, trouble: ClientError | None = None) -> None:
        why = "it is not met yet" if trouble is None else f"the last answer was: {trouble.message} ({trouble.reason})"
        super().__init__(
            f"{path} did not meet {until} within {limit:g} s", why=why, cure="see how it stands: avio stat PATH"
        )


class StatFailed(ClientError):
    """A stat job ended without a result. `reason` is that of the job."""

    def __init__(self, job_id: str, message: str, reason: str | None) -> None:
        super().__init__(f"stat job {job_id}: {message}", why="the path can't be counted", cure=f"avio log {job_id}")
        self.reason = reason or "FAILED"
