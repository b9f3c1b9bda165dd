"""What a job process keeps of the supervisor's environment, and the ports that it may connect to."""

import os
from pathlib import Path

import pytest

from avio.engines.endpoints import PROXY_PORTS, proxy_ports
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.states import JobType
from supervisor.child.confinement import reach_of, scrub_environment

PROXIES = {"http_proxy": "http://proxy:3128", "HTTPS_PROXY": "proxy:3129", "ALL_PROXY": "socks5h://proxy:1081"}


def test_a_job_process_has_the_proxies_and_certificates_of_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**PROXIES, "no_proxy": "localhost", "SSL_CERT_FILE": "/ca.pem"}
    monkeypatch.setattr(os, "environ", {**given, "AVIO_DATABASE_URL": "secret"})
    scrub_environment("/spool/x", "x.1")
    assert {name: os.environ.get(name) for name in given} == given
    assert "AVIO_DATABASE_URL" not in os.environ


def test_a_job_process_may_connect_to_the_proxies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, text in PROXIES.items():
        monkeypatch.setenv(name, text)
    engine = {"engine": "local", "mounts": {"/s3": {"url": "s3://b", "options": {}}}, "tiers": []}
    order = Order("job", 1, JobType.PRELOAD, Params(), engine)
    ports = reach_of(order, tmp_path).ports
    assert ports is not None
    assert {3128, 3129, 1081} <= ports


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("http://user:secret@proxy:8080/", {8080}),
        ("proxy:8080", {8080}),
        ("proxy", PROXY_PORTS),
        ("http://proxy:x", set()),
        ("", set()),
    ],
)
def test_the_port_of_a_proxy(text: str, ports: set[int]) -> None:
    assert proxy_ports({"https_proxy": text}) == ports
