"""Users read what failed, not where the stores are, nor what their replies say."""

import pytest

from avio.rules.discretion import without_addresses


@pytest.mark.parametrize(
    "text",
    [
        "s3://train: error sending request for url (http://CANARY:18899/dead)",
        "s3://u:CANARY@bucket/x: no such bucket",
        "gs://u:p/CANARY@bucket/x: no such bucket",
        "http://CANARY.internal:9000 does not answer",
        "the master CANARY.internal:19998 does not answer",
        "s3://train: no connection: Failed to connect to CANARY port 9000 after 0 ms",
        "s3://train: no such host: Could not resolve host: CANARY.invalid",
        "no answer from localhost:19998 CANARY"[:-7],
        "s3://b: <?xml version='1.0'?><Error><AWSAccessKeyId>CANARY</AWSAccessKeyId>",
        "s3://b: the store refuses: <Error><Token-0>CANARY",
    ],
)
def test_no_address_and_no_body_is_told(text: str) -> None:
    told = without_addresses(text)
    assert "CANARY" not in told
    assert "localhost:" not in told
    assert told != text


@pytest.mark.parametrize(
    "text",
    [
        "alluxio://host:19998/data/x is neither in its bucket nor in the cache",
        "s3://train/a/b: the key may not do this (AccessDenied: no)",
        "/data/a:1 is a directory; the job began at 12:30:15",
        "3 of 5 files failed: 1 < 2",
    ],
)
def test_all_else_is_told(text: str) -> None:
    assert without_addresses(text) == text
