"""Options of a mount that a store's library accepts, and then fails or crashes with."""

import pytest

from avio.engines.local.buckets import stores
from avio.engines.local.buckets.options import check_options
from avio.engines.local.buckets.shown_url import without_login
from avio.engines.local.errors import store_errors
from avio.engines.local.mounts import BadMounts, open_mounts
from avio.errors import StoreError

GOOD = {"endpoint": "http://127.0.0.1:9000", "allow_http": "true", "region": "x"}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("endpoint", "127.0.0.1:9000", "has no scheme; write http://127.0.0.1:9000 or https://127.0.0.1:9000"),
        ("endpoint", "minio", "has no scheme"),
        ("endpoint", "", "has no scheme"),
        ("aws_endpoint_url", "minio:9000", "has no scheme"),
        ("AWS_ENDPOINT", "minio:9000", "has no scheme"),
        ("endpoint", "ftp://minio:9000", "has the scheme ftp"),
        ("endpoint", "http://", "names no host"),
        ("endpoint", "http://my host", "names no host"),
        ("endpoint", "http://minio:99999", "is not a valid URL"),
        ("endpoint", "http://[::1", "is not a valid URL"),
        ("endpoint", "http://minio/?a=b", "has a query"),
        ("proxy_url", "proxy:3128", "has no scheme"),
        ("proxy_url", "socks5://proxy:1080", "has the scheme socks5"),
        ("region", "us-east-1\n", "control character"),
        ("secret_access_key", "s\n", "control character"),
    ],
)
def test_an_option_that_cannot_work_is_refused_with_what_to_write(name: str, text: str, says: str) -> None:
    options = {key: value for key, value in GOOD.items() if key != "endpoint"} | {name: text}
    with pytest.raises(ValueError, match=f"mounts./s3.options.{name}: ") as raised:
        open_mounts({"/s3": {"url": "s3://b", "options": options}})
    assert says in str(raised.value)
    if "key" in name:
        assert text not in str(raised.value)


def test_plain_http_follows_the_url_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, str]] = []
    monkeypatch.setattr(stores, "from_url", lambda *_, client_options, **__: opened.append(client_options))
    for url, options in [("s3://b", {"endpoint": "HTTP://m:9000"}), ("http://m/d", {}), ("s3://b", {"region": "x"})]:
        stores.StoreOpener(url, options).open_to_ask()

    assert [found.get("allow_http") for found in opened] == ["true", "true", None]
    check_options({"endpoint": "http://127.0.0.1:9000"}, socks=False)


def test_plain_http_that_is_forbidden_is_refused() -> None:
    with pytest.raises(ValueError, match="remove allow_http"):
        check_options({"endpoint": "http://127.0.0.1:9000", "allow_http": "false"}, socks=False)


def test_all_wrong_mounts_are_told_at_once() -> None:
    wrong = {"url": "s3://b", "options": {"region": "x", "endpoint": "minio:9000"}}

    with pytest.raises(BadMounts) as raised:
        open_mounts({"/a": wrong, "/b": {"url": "file:///", "options": {}}, "/c": wrong})

    assert [problem.partition(".options")[0] for problem in raised.value.problems] == ["mounts./a", "mounts./c"]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "https://s3.example.org/path", "http://[::1]:9000/"])
def test_a_good_endpoint_is_taken(endpoint: str) -> None:
    check_options({**GOOD, "endpoint": endpoint}, socks=False)


def test_a_crash_of_a_library_is_an_error_of_the_store() -> None:
    crash = type("PanicException", (BaseException,), {})
    with pytest.raises(StoreError, match="s3://b/f: the library of the store failed: unwrap"), store_errors("s3://b/f"):
        raise crash("unwrap")
    with pytest.raises(KeyboardInterrupt), store_errors("s3://b/f"):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://u:SECRETPW@b/x", "s3://b/x"),
        ("https://u:SECRETPW@h:1/x/", "https://h:1/x"),
        ("https://h/x?token=SECRETPW", "https://h/x"),
        ("https://h:80/a@b", "https://h:80/a@b"),
        ("abfss://c@a.dfs.core.windows.net/x", "abfss://c@a.dfs.core.windows.net/x"),
    ],
)
def test_a_bucket_is_called_by_its_url_without_secrets(url: str, shown: str) -> None:
    assert without_login(url) == shown
