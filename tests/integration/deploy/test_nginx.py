"""deploy/nginx/avio.conf in a real nginx: TLS, a prefix, events as they come, and who the client is."""

import math
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avio.client import Client
from tests.processes import kept, wait_until
from tests.servers.ports import free_ports
from tests.unit.commands.samples import JOB, job_info, tier_list
from tests.unit.commands.stub import TOKEN, Stub, running_stub, sse

ROOT = Path(__file__).resolve().parents[3]
CONF = (ROOT / "deploy/nginx/avio.conf").read_text(encoding="utf-8")
CERTIFICATE = ROOT / "tests/servers/tls.pem"

pytestmark = [pytest.mark.setup, pytest.mark.program("nginx")]

MAIN = """
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
{site}
}}
"""


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_stub() as server:
        yield server


@contextmanager
def nginx(directory: Path, stub: Stub) -> Iterator[str]:
    """Run nginx with the file of the project before the stub; yield its address."""
    (port,) = free_ports(["nginx"]).values()
    site = CONF.replace("127.0.0.1:8080", stub.url.removeprefix("http://"))
    site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    for name in ("cert", "key"):
        site = site.replace(f"/etc/nginx/avio/{name}.pem", str(CERTIFICATE))
    (directory / "nginx.conf").write_text(MAIN.format(directory=directory, site=site))
    line = ["/usr/sbin/nginx", "-e", directory / "error.log", "-c", directory / "nginx.conf"]
    checked = subprocess.run([*line, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(line) as process:
        kept.add(process.pid)
        try:
            wait_until((directory / "nginx.pid").exists, 30, "nginx is up")
            yield f"https://localhost:{port}"
        finally:
            process.terminate()
            process.wait(30)


def test_the_api_is_reached_by_tls_at_the_root_and_below_a_prefix(
    tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    stub.on("GET", "/tiers", tier_list())
    stub.on("GET", f"/jobs/{JOB}/events", sse(("snapshot", job_info()), ("end", job_info("succeeded"))))

    with nginx(tmp_path, stub) as address:
        for url in (address, f"{address}/avio"):
            with Client(url, TOKEN) as client:
                assert client.tiers() == tier_list()
                assert [event.kind for event in client.events(JOB, until=math.inf)] == ["snapshot", "end"]
        insecure = ssl._create_unverified_context()
        asked = urllib.request.Request(f"{address}/tiers", headers={"X-Forwarded-For": "6.6.6.6"})
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(asked, context=insecure)

    assert {request.headers["x-forwarded-for"] for request in stub.requests} == {"127.0.0.1"}
    assert {request.path for request in stub.requests} == {"/tiers", f"/jobs/{JOB}/events"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("proxy_buffering", "off"),
        ("proxy_request_buffering", "off"),
        ("proxy_read_timeout", "90s"),
        ("client_max_body_size", "0"),
    ],
)
def test_what_streams_need_is_there(name: str, value: str) -> None:
    assert f"    {name} {value};\n" in CONF
