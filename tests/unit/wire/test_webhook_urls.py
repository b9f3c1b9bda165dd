"""The URLs of webhooks, and the signature that a receiver checks."""

import pytest

from avio.wire.params import Params
from avio.wire.signatures import new_secret, signature
from avio.wire.webhook_urls import literal_address, require_url, shown_url, site_of, target_of


@pytest.mark.parametrize(
    "url", ["http://h", "https://h.example/a/b?c=d", "http://10.0.0.1:8080/x", "https://[2001:db8::1]/x", "http://x_y/"]
)
def test_plain_urls_of_http_are_taken(url: str) -> None:
    assert require_url(url) == url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "has a blank"),
        ("h/x", "is not a URL"),
        ("ftp://h/x", "is not a URL"),
        ("file:///etc/passwd", "is not a URL"),
        ("http:///x", "has no valid host"),
        ("http://h:0/", "is not a URL"),
        ("http://h:99999/", "is not a URL"),
        ("http://[::1/", "is not a URL"),
        ("http://-h/", "has no valid host"),
        ("http://h%00/", "has no valid host"),
        ("http://ada:pw@h/", "user or password"),
        ("http://h\\@i/", "user or password"),
        ("http://h/#x", "never sent"),
        ("http://h/a b", "has a blank"),
        ("http://h/\r\nX: y", "has a blank"),
        ("http://h/ä", "not ASCII"),
        ("http://h/" + "a" * 2040, "is longer than 2048"),
    ],
)
def test_other_urls_are_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        require_url(url)


def test_a_url_is_shown_without_its_query() -> None:
    assert shown_url("https://h/x?token=secret") == "https://h/x?..."
    assert shown_url("https://h/x") == "https://h/x"
    assert shown_url("https://h?token=a?b") == "https://h?..."


@pytest.mark.parametrize("url", ["https://h:8443/services/T0/B0/secret?x=/y", "https://h:8443", "https://h:8443?a/b"])
def test_logs_have_no_more_than_the_site(url: str) -> None:
    assert site_of(url) == "https://h:8443"


def test_the_parts_of_a_request() -> None:
    assert target_of("https://[::1]/x?y") == ("https", "::1", 443, "/x?y")
    assert target_of("http://h:81?y") == ("http", "h", 81, "/?y")
    assert literal_address("http://[::ffff:127.0.0.1]:80/") == "::ffff:7f00:1"
    assert literal_address("http://h/") is None


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    # The example of the specification.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert new_secret() != new_secret()
    assert signature(new_secret(), "i", 1, body) != signature(secret, "i", 1, body)


def test_the_url_of_a_job_is_one_of_its_params() -> None:
    assert Params.from_json({"alluxioUri": "/a", "notify": "http://h/"}).notify == "http://h/"
