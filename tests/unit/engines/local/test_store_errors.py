"""What a store says is what the user reads: Code and Message, what they mean, and what to do."""

import time
from email.utils import formatdate

import pycurl
import pytest
from obstore.exceptions import GenericError

from avio.engines.local.errors import of_store
from avio.engines.local.retry_after import MOST_SECONDS, retry_after
from avio.engines.local.store_errors import read_refusal, refusal, refused_by, unreachable

XML = '<?xml version="1.0"?><Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>%s</Code><Message>%s</Message></Error>'


@pytest.mark.parametrize(
    ("status", "code", "reason", "cure"),
    [
        (403, "AccessDenied", "ACCESS_DENIED", "rights"),
        (403, "RequestTimeTooSkewed", "ACCESS_DENIED", "clock"),
        (403, "SignatureDoesNotMatch", "ACCESS_DENIED", "secret_access_key"),
        (400, "ExpiredToken", "ACCESS_DENIED", "new credentials"),
        (403, "InvalidObjectState", "STORE_ERROR", "restore"),
        (403, "QuotaExceeded", "STORE_ERROR", "quota"),
        (404, "NoSuchBucket", "STORE_ERROR", "create the bucket"),
        (404, "NoSuchKey", "GONE", "again"),
        (400, "AuthorizationHeaderMalformed", "STORE_ERROR", "region"),
        (411, "MissingContentLength", "STORE_ERROR", "proxy"),
        (503, "SlowDown", "ENGINE_AWAY", "up and reachable"),
        (400, "NobodyKnowsThis", "STORE_ERROR", ""),
        (502, "NobodyKnowsThis", "ENGINE_AWAY", ""),
    ],
)
def test_a_code_has_its_reason_and_cure_and_is_quoted(status: int, code: str, reason: str, cure: str) -> None:
    error = refusal("s3://b/k", read_refusal(status, (XML % (code, "a &lt;b&gt; c")).encode()))
    assert (error.reason, cure in error.cure) == (reason, True)
    assert "s3://b/k" in error.message
    assert f"{code}: a <b> c" in error.message


def test_a_redirect_names_the_region_of_the_bucket() -> None:
    assert "eu-west-1" in refusal("s3://b", read_refusal(301, b"", {"x-amz-bucket-region": "eu-west-1"})).cure


@pytest.mark.parametrize(
    ("status", "location", "endpoint"),
    [
        (301, "https://store.example/b/k?X-Amz-Signature=hush", "https://store.example"),
        (302, "http://login.example:8443/?next=hush", "http://login.example:8443"),
        (303, "https://store.example/", "https://store.example"),
        (307, "https://b.s3.eu-west-1.example/k", "https://s3.eu-west-1.example"),
        (308, "https://user:hush@store.example:9000/b/k", "https://store.example:9000"),
    ],
)
def test_a_redirect_names_where_it_sends_and_the_option_to_set(status: int, location: str, endpoint: str) -> None:
    error = refusal("s3://b/k", read_refusal(status, b"<html>", {"location": location}))
    assert (error.reason, f"option endpoint to {endpoint}," in error.cure) == ("STORE_ERROR", True)
    assert endpoint in error.message
    assert "hush" not in error.message + error.cure
    assert "example" not in error.public
    assert "endpoint" in error.public


def test_a_redirect_in_xml_names_region_and_host() -> None:
    body = (
        b"<Error><Code>PermanentRedirect</Code><Message>m</Message><Bucket>b</Bucket>"
        b"<Endpoint>b.s3-eu-west-1.example</Endpoint></Error>"
    )
    error = refusal("s3://b", read_refusal(301, body, {"x-amz-bucket-region": "eu-west-1"}))
    assert "region to eu-west-1" in error.cure
    assert "https://s3-eu-west-1.example" in error.cure


@pytest.mark.parametrize("location", ["", "/elsewhere", "http://[", "b"])
def test_a_redirect_to_nowhere_has_a_cure_too(location: str) -> None:
    error = refusal("s3://b", read_refusal(302, b"", {"location": location}))
    assert "the mount's option endpoint" in error.cure


def test_the_store_sends_elsewhere_for_a_while() -> None:
    body = (XML % ("TemporaryRedirect", "m")).encode()
    error = refusal("s3://b", read_refusal(307, body, {"location": "https://b.other.example/"}))
    assert (error.reason, "endpoint to https://other.example" in error.cure) == ("ENGINE_AWAY", True)


def test_html_and_control_characters_are_no_message() -> None:
    assert "HTML" in refusal("s3://b", read_refusal(502, b"<html><h1>Bad\x1b[31m</h1>")).message
    assert "\x1b" not in refusal("s3://b", read_refusal(400, XML % ("X", "\x1b[31mred"))).message


def test_the_text_of_another_library_is_read() -> None:
    text = "Generic S3 error: Server returned non-2xx status code: 403 Forbidden: " + XML % ("QuotaExceeded", "full")
    said = refused_by(text)
    assert said is not None
    assert (said.status, said.code, said.message) == (403, "QuotaExceeded", "full")
    assert refused_by("error sending request") is None
    assert "QuotaExceeded: full" in of_store(GenericError(text), "s3://b/k").message


@pytest.mark.parametrize(
    ("text", "cure"),
    [("dns error", "endpoint"), ("ConnectionRefused", "host and port"), ("InvalidContentType", "https")],
)
def test_no_reply_is_told_by_its_cause(text: str, cure: str) -> None:
    error = of_store(GenericError(f"HTTP error: error sending request\n\nDebug source:\n{text}"), "s3://b")
    assert (error.reason, cure in error.cure) == ("ENGINE_AWAY", True)


def test_libcurl_says_why_there_is_no_answer() -> None:
    error = unreachable("s3://b", pycurl.E_COULDNT_RESOLVE_HOST, "Could not resolve host: x.invalid")
    assert "no such host: Could not resolve host: x.invalid" in error.message


def test_the_time_of_the_last_try_to_connect_is_not_the_time_that_it_took() -> None:
    said = "Failed to connect to 127.0.0.1 port 1 after 0 ms: Could not connect to server"
    error = unreachable("s3://b", pycurl.E_COULDNT_CONNECT, said)
    assert error.message == (
        "s3://b: no connection: Failed to connect to 127.0.0.1 port 1: Could not connect to server"
    )


def test_the_tries_of_a_library_are_not_the_cause() -> None:
    text = (
        "Generic S3 error: Error performing GET http://h:9/b?list-type=2 in 1.2s, after 2 retries, max_retries: 2, "
        "retry_timeout: 3s  - HTTP error: connection closed before message completed\n\nDebug source:\nGeneric"
    )

    assert of_store(GenericError(text), "s3://b").message == "s3://b: connection closed before message completed"
    assert of_store(GenericError("Generic HTTP client error: odd"), "s3://b").message == "s3://b: odd"


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("3600", MOST_SECONDS), ("", 0), ("soon", 0), ("-5", 0)])
def test_a_store_is_left_alone_for_as_long_as_it_asks(header: str, seconds: float) -> None:
    said = read_refusal(503, (XML % ("SlowDown", "less")).encode(), {"retry-after": header})

    assert refusal("s3://b/k", said).pause == seconds


def test_retry_after_may_be_a_date() -> None:
    assert 20 < retry_after(formatdate(time.time() + 30, usegmt=True)) <= 30
    assert retry_after(formatdate(time.time() - 30, usegmt=True)) == 0
