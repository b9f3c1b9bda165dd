"""What Schemathesis can't know of replies: a refusal for now says until when, and no schema can say some rules."""

import re

import schemathesis
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData

from avio.wire.options import camel
from avio.wire.params import OPTIONS

# Rules of members that JSON Schema can't say: the member, and the message of its refusal. Other reasons than
# BAD_REQUEST are about what the server has or can do, not about the shape.
UNSAID = (
    ("pageToken", "is not a token of this listing"),  # opaque
    ("cachedOnly", "has no effect on a job"),  # goes by a header
    ("fileListId", "no such file list"),
    ("tier", "unknown tier"),
    ("tier", "no such tier"),
    ("uid", "no such user"),
    ("fileListId", "is kept for days only"),  # of a schedule
    ("cron", ""),  # a language of its own
    ("timezone", "is not a time zone of the IANA list"),
    ("at", ""),  # a time that is to come
    ("notify", ""),  # a URL of certain networks, and a secret of the user
    ("url", ""),  # the same
    ("reportTo", ""),  # a path beside those of the job
    ("labels", ""),  # names and values by patterns, and their number together
    ("after", "no such job"),
    ("alluxioUri", "has a name of more than 255 bytes"),  # schemas count characters
    ("alluxioUri", "is longer than 4096 bytes"),
    ("alluxioUri", "has no effect beside paths"),  # the plan sets it in a body that has paths
    ("line", "has a name of more than 255 bytes"),
    ("line", "is longer than 4096 bytes"),
    ("separator", "is nul, but no path ends with NUL"),  # the shape of the body can't go by the query
    ("line", "is not a JSON object with path and version"),  # the same
    ("planOf", "is missing"),  # goes by the type
    ("versions", "names a list that has no versions"),  # goes by the list
    ("versions", "must be true for this list"),
    ("path", ""),  # between NULs; the shape of the body can't go by the query
    ("paths", "'"),  # schemas count characters
    ("filters", ""),  # a language of its own
    ("filter", ""),  # the same
    ("until", ""),  # the same
    ("newerThan", "must be a time"),  # of a month without this day
    ("olderThan", "must be a time"),
    ("olderThan", "is no later than newerThan"),
    ("maxSize", "is less than minSize"),
    ("onConflict", "has no effect with overwrite="),
    *((camel(name), "has no effect on a") for name in OPTIONS),  # goes by the type
)


@schemathesis.check
def retry_after_present(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Check that 429 and 503 say when to come back, in seconds."""
    if response.status_code in (429, 503):
        said = response.headers.get("retry-after", [""])[0]
        assert said.isdigit(), f"{response.status_code} without Retry-After"


# A job that was just made has left nothing yet.
NOT_YET = re.compile(r"job \w+ has (?:no|ended without a) (?:log|report|result)\b")


def is_unsaid(failure: Exception, response: schemathesis.Response) -> bool:
    """Return True if a request of the right shape was refused by a rule that no schema can say."""
    if isinstance(failure, EnsureResourceAvailability):
        return response.status_code == 404 and NOT_YET.match(response.json()["detail"]) is not None
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
        return False
    problem = response.json()
    if problem["reason"] != "BAD_REQUEST":
        return True
    return bool(problem["errors"]) and all(_is_unsaid(each["field"], each["message"]) for each in problem["errors"])


def _is_unsaid(name: str, message: str) -> bool:
    member = re.sub(r"^params\.|^(line|path) \d+$", r"\1", name)
    return any(member == known and message.startswith(text) for known, text in UNSAID)
