"""Variables of the environment that keep a client from its server: each error names the variable that is wrong."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from avio.client import Client, Unreachable

TLS = Path(__file__).resolve().parents[2] / "servers" / "tls.pem"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def refused(url: str) -> Unreachable:
    with Client(url, patience=0) as client, pytest.raises(Unreachable) as caught:
        client.whoami()
    return caught.value


@pytest.mark.parametrize(
    ("variable", "value", "url", "shown"),
    [
        ("HTTP_PROXY", "http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:1"),
        ("http_proxy", "127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://user:secret@127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:1"),
        ("HTTPS_PROXY", "http://127.0.0.1:1", "https://127.0.0.1:2", "http://127.0.0.1:1"),
    ],
)
def test_a_proxy_that_does_not_answer_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, url: str, shown: str
) -> None:
    monkeypatch.setenv(variable, value)

    error = refused(url)

    assert error.why == f"by the proxy {shown}: no connection: Connection refused"
    assert error.cure == f"correct {variable}, or name the server in NO_PROXY"
    assert "secret" not in str(error)


@pytest.mark.parametrize("password", ["SECRET/pw", "SECRET#pw"])
def test_a_proxy_that_is_none_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://user:{password}@127.0.0.1:2")
    with pytest.raises(ValueError, match="HTTP_PROXY or HTTPS_PROXY is not the URL of a proxy") as caught:
        Client("http://10.0.0.1:1", patience=0)
    assert "SECRET" not in str(caught.value)


def test_a_proxy_that_a_server_is_reached_without_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    error = refused("http://127.0.0.1:2")

    assert error.why == "no connection: Connection refused"
    assert error.cure.startswith("check the address")


@pytest.mark.parametrize("kind", ["missing", "empty", "broken", "directory"])
def test_certificates_that_can_not_be_read_are_named_with_their_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "certificates"
    if kind == "directory":
        file.mkdir()
    elif kind != "missing":
        texts = {"empty": "", "broken": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"}
        file.write_text(texts[kind])
    monkeypatch.setenv("SSL_CERT_FILE", str(file))

    with pytest.raises(ValueError, match=r"SSL_CERT_FILE=.* names no trusted certificates: .*; correct or unset it"):
        Client("https://127.0.0.1:1")


def test_a_directory_of_certificates_that_is_none_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("/nope", __file__):
        monkeypatch.setenv("SSL_CERT_DIR", value)
        with pytest.raises(ValueError, match=r"SSL_CERT_DIR=.* it is not a directory"):
            Client("https://127.0.0.1:1")


def test_a_key_log_that_can_not_be_written_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS))
    monkeypatch.setenv("SSLKEYLOGFILE", "/nope/log")
    with pytest.raises(ValueError, match="SSLKEYLOGFILE='/nope/log' can't be written"):
        Client("https://127.0.0.1:1")


def test_a_server_that_the_given_certificates_do_not_cover_names_their_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS)
    with listening() as server:
        thread = Thread(target=_shake_hands, args=(server, context))
        thread.start()
        error = refused(f"https://127.0.0.1:{server.getsockname()[1]}")
        thread.join()

    assert "CERTIFICATE_VERIFY_FAILED" in error.why
    assert "into SSL_CERT_DIR, or unset it" in error.cure


def _shake_hands(server: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = server.accept()
    with connection, pytest.raises(ssl.SSLError):
        context.wrap_socket(connection, server_side=True)
