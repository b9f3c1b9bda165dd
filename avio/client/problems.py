"""What can go wrong between a client and the API: it said no, it did not answer, or the wait is over.

Raised by every call of the client. Imports the error tree alone.
"""

from collections.abc import Mapping
from typing import Any

from avio.errors import AvioError, FieldError


class ClientError(AvioError):
    """An error on the client's side of the wire: `message` says what, `why` what is behind it, `cure` what to do."""

    reason = "CLIENT"

    def __init__(self, message: str, *, why: str, cure: str, retry_after: int | None = None) -> None:
        super().__init__(message, cure=cure, retry_after=retry_after)
        self.why = why


class ApiError(ClientError):
    """The API's own no, with all that its problem document says; `cure` is empty when it names none."""

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
    """No answer, half an answer, or one that avio would not give; `retry_after` when a proxy said so."""

    reason = "UNREACHABLE"


class WaitOver(ClientError):
    """The caller's limit passed before the job ended; the job goes on."""

    reason = "WAIT_OVER"

    def __init__(self, job_id: str, limit: float) -> None:
        super().__init__(
            f"job {job_id} has not ended within {limit:g} s", why="the job goes on", cure=f"avio watch {job_id}"
        )
