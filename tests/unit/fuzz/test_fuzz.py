"""The judges of `make fuzz-api`: what they let pass and what they don't."""

import json
from typing import Any

import pytest
import requests
import schemathesis
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData, UndefinedStatusCode

from fuzz.judge import is_unsaid, retry_after_present
from fuzz.plan import with_known_list
from fuzz.run import Outcome
from fuzz.world import Seeds

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def reply(status: int, problem: dict[str, Any], **headers: str) -> schemathesis.Response:
    """Return a reply of web."""
    return schemathesis.Response(
        status_code=status,
        headers={name.replace("_", "-").lower(): [text] for name, text in headers.items()},
        content=json.dumps(problem).encode(),
        request=requests.Request("GET", "http://127.0.0.1/").prepare(),
        elapsed=0.0,
        verify=False,
    )


def refused(reason: str, *errors: tuple[str, str]) -> schemathesis.Response:
    """Return a 400 with an error of each (member, message)."""
    return reply(400, {"reason": reason, "errors": [{"field": name, "message": text} for name, text in errors]})


REJECTED = RejectedPositiveData.__new__(RejectedPositiveData)
TOKEN = ("pageToken", "is not a token of this listing; start again without it")


@pytest.mark.parametrize(
    ("response", "passes"),
    [
        (refused("BAD_REQUEST", TOKEN), True),
        (refused("BAD_REQUEST", ("params.tier", "unknown tier; the tiers are MEM")), True),
        (refused("BAD_REQUEST", ("line 7", "has a name of more than 255 bytes; give a shorter one")), True),
        (refused("UNSUPPORTED_OPTION"), True),
        (refused("BAD_REQUEST"), False),
        (refused("BAD_REQUEST", TOKEN, ("params.depth", "must be 0 to 1000")), False),
        (refused("BAD_REQUEST", ("params.tier", "must be letters")), False),
        (reply(413, {"reason": "TOO_LARGE", "errors": []}), False),
    ],
)
def test_only_rules_that_no_schema_can_say_may_refuse_the_right_shape(
    response: schemathesis.Response, passes: bool
) -> None:
    assert is_unsaid(REJECTED, response) is passes
    assert not is_unsaid(UndefinedStatusCode.__new__(UndefinedStatusCode), response)


@pytest.mark.parametrize(
    ("detail", "passes"),
    [("job 01M8 has no log yet", True), ("job 01M8 has ended without a report: x", True), ("no such job", False)],
)
def test_a_new_job_may_have_left_nothing_but_it_is_there(detail: str, passes: bool) -> None:
    missing = EnsureResourceAvailability.__new__(EnsureResourceAvailability)
    assert is_unsaid(missing, reply(404, {"detail": detail})) is passes


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_for_now_says_until_when(status: int) -> None:
    retry_after_present(None, reply(status, {}, Retry_After="2"), None)
    for wrong in ({}, {"Retry_After": "soon"}):
        with pytest.raises(AssertionError, match="without Retry-After"):
            retry_after_present(None, reply(status, {}, **wrong), None)


def test_an_operation_that_accepted_nothing_is_a_failure() -> None:
    outcome = Outcome("ada")
    outcome.successes.update({"GET /list": 3, "POST /save": 0})
    outcome.require_successes()
    assert list(outcome.failures) == [("POST /save", "no request was accepted")]
    assert "POST /save" in outcome.text()
    assert "1 failures" in outcome.text()


def test_an_order_by_a_list_gets_a_list_that_is_there() -> None:
    seeds = Seeds([], ["one"])
    by_list = {"params": {"fromFileList": True, "fileListId": ULID}}
    assert with_known_list(by_list, seeds)["params"]["fileListId"] == "one"
    for other in ({"params": {"fileListId": ULID}}, {"params": {"fromFileList": True, "fileListId": "x"}}, [], None):
        assert with_known_list(other, seeds) == other
