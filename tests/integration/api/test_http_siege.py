"""One client can't stop web: whatever it does, others are answered, and nearly as soon as before.

Everything comes from one address, as behind a proxy. The attackers share the machine with what they attack.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from statistics import quantiles

import httpx2
import pytest

from avio.config import Settings
from tests.integration.api import attacks
from tests.integration.api.attacks import request
from tests.integration.api.conftest import PASSWORD, CheckedClient
from tests.integration.api.served_web import COMMAND, LIMIT, ROOT, environment
from tests.servers.ports import free_port

PROBE = Path(__file__).parent / "programs/honest_user.py"
SECONDS = 8.0  # of each measurement
TIMES_SLOWER = 5
QUIET_SECONDS = 0.02  # a quieter machine than this is not asked for more
SLOW_HEAD = b"GET /whoami HTTP/1.1\r\nHost: x\r\nX-Slow: "
SLOW_BODY = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
CHUNKED_BODY = b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n200\r\n"
WAITING_BODY = SLOW_BODY.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
UNREAD = request("GET", "/openapi.json", close=False) * 900
LIVENESS = request("GET", "/healthz", close=False).replace(b"\r\n\r\n", b"\r\nContent-Length: 99999\r\n\r\n")

Attack = Callable[[int, str, str], AbstractContextManager[object]]


def slow_upload(port: int, token: str, job: str) -> AbstractContextManager[object]:
    """Upload 150 file lists, a byte each second."""
    head = (
        f"POST /filelists HTTP/1.1\r\nHost: x\r\nAuthorization: QBox {token}\r\nContent-Type: text/plain\r\n"
        "Content-Length: 900000\r\n\r\n"
    )
    return attacks.slow(port, 150, head.encode())


def poisoned(path: str, *, with_token: bool) -> Attack:
    """Send 60 bodies of 0.8 MB with a doubled member, again and again."""
    body = attacks.poisoned()
    return lambda port, token, job: attacks.flood(
        port, 60, lambda _: request("POST", path, body, token if with_token else "")
    )


def streams_and_polls(port: int, token: str, job: str) -> AbstractContextManager[object]:
    """Open 500 event streams and long polls of one user."""
    pages = (f"/jobs/{job}/events", f"/jobs/{job}?wait=60")
    return attacks.held(port, 500, lambda no: request("GET", pages[no % 2], token=token))


ATTACKS: dict[str, Attack] = {
    "slow heads": lambda port, token, job: attacks.slow(port, 150, SLOW_HEAD),
    "slow bodies": lambda port, token, job: attacks.slow(port, 150, SLOW_BODY),
    "slow chunks": lambda port, token, job: attacks.slow(port, 150, CHUNKED_BODY),
    "slow bodies that wait for 100": lambda port, token, job: attacks.slow(port, 150, WAITING_BODY),
    "empty lines": lambda port, token, job: attacks.blind(port, 20, b"\r\n" * (64 << 10)),
    "unread replies": lambda port, token, job: attacks.blind(port, 190, UNREAD),
    "unread liveness": lambda port, token, job: attacks.blind(port, 12, request("GET", "/healthz", close=False) * 900),
    "liveness without its body": lambda port, token, job: attacks.flood(port, 150, lambda _: LIVENESS),
    "silent": lambda port, token, job: attacks.held(port, 150, lambda _: b""),
    "slow uploads": slow_upload,
    "poisoned logins": poisoned("/login", with_token=False),
    "poisoned orders": poisoned("/preload", with_token=True),
    "readiness": lambda port, token, job: attacks.flood(port, 200, lambda _: request("GET", "/readyz")),
    "a hung mount": lambda port, token, job: attacks.flood(
        port, 200, lambda _: request("GET", "/stat?alluxioUri=/hang/x", token=token)
    ),
    "streams and polls": streams_and_polls,
    "wrong logins": lambda port, token, job: attacks.flood(port, 140, attacks.login),
}


@pytest.fixture
def silent_store() -> Iterator[str]:
    """A store that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=500) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def port(settings: Settings, app: object, tmp_path: Path, silent_store: str) -> Iterator[int]:
    """Web with its own defaults, and a second mount at /hang."""
    config, log, port = tmp_path / "avio.toml", tmp_path / "web.log", free_port()
    env = environment(settings, config, AVIO_PORT=str(port))
    options = f'endpoint = "{silent_store}"\naccess_key_id = "k"\nsecret_access_key = "s"\nregion = "r"\n'
    with open(config, "a") as file:
        file.write(f'[mounts."/hang"]\nurl = "s3://bucket"\n[mounts."/hang".options]\nallow_http = "true"\n{options}')
    with open(log, "wb") as stream:
        process = subprocess.Popen(COMMAND, cwd=ROOT, env=env, stdout=stream, stderr=stream)
    try:
        deadline = time.monotonic() + LIMIT
        while measured(port, "", 0.1)["/healthz"][-1] is None:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        yield port
    finally:
        process.terminate()
        process.wait(LIMIT)


def measured(port: int, token: str, seconds: float) -> dict[str, list[float | None]]:
    """Return how long an honest user waited for each answer of /whoami and /healthz; None for none."""
    told = subprocess.run(
        [sys.executable, PROBE, str(port), token, str(seconds)], capture_output=True, text=True, check=True, timeout=100
    )
    found: dict[str, list[float | None]] = json.loads(told.stdout)
    return found


def p99(took: list[float | None]) -> float:
    """Return the 99th percentile; every call must have been answered."""
    answered = [seconds for seconds in took if seconds is not None]
    assert len(answered) == len(took), f"{len(took) - len(answered)} of {len(took)} calls had no answer"
    return max(answered) if len(answered) < 2 else quantiles(answered, n=100)[98]  # on a very busy machine


def log_in(port: int, name: str) -> int:
    """Log in with the right password; return the status."""
    told = httpx2.post(f"http://127.0.0.1:{port}/login", json={"name": name, "password": PASSWORD}, timeout=LIMIT)
    return told.status_code


def besieged(port: int, attacker: str, user: str, order: str, attack: str) -> tuple[float, float]:
    """Attack, and return the p99 of a user's /whoami before and beside it. Everybody must be answered meanwhile."""
    quiet = p99(measured(port, user, SECONDS)["/whoami"])
    with ExitStack() as under_way:
        for name in ATTACKS if attack == "all of them" else [attack]:
            under_way.enter_context(ATTACKS[name](port, attacker, order))
        time.sleep(1)
        told = measured(port, user, SECONDS)
        logins = [log_in(port, "bob") for _ in range(3)]
    beside = p99(told["/whoami"])
    print(f"{attack}: p99 of /whoami {quiet:.3f} s quiet, {beside:.3f} s beside the attack")
    assert p99(told["/healthz"]) < LIMIT
    assert logins == [200, 200, 200]
    return quiet, beside


@pytest.mark.faults
@pytest.mark.parametrize("attack", [*ATTACKS, "all of them"])
def test_others_are_served(port: int, ada: CheckedClient, bob: CheckedClient, order: str, attack: str) -> None:
    assert log_in(port, "bob") == 200
    besieged(port, str(ada.token), str(bob.token), order, attack)


# All of them at once: their programs alone need more than this machine has.
@pytest.mark.siege
@pytest.mark.parametrize("attack", ATTACKS)
def test_others_are_served_nearly_as_soon(
    port: int, ada: CheckedClient, bob: CheckedClient, order: str, attack: str
) -> None:
    assert log_in(port, "bob") == 200
    quiet, beside = besieged(port, str(ada.token), str(bob.token), order, attack)
    assert beside < TIMES_SLOWER * max(quiet, QUIET_SECONDS)
