"""A stub server, and `avio`: run a command line against it and check the exit code."""

import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from avio.client import job_follow, transport
from avio.commands import main
from tests.unit.commands.stub import TOKEN, Stub, running_stub

Avio = Callable[..., Result]


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_stub() as server:
        yield server


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration directory of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def _zone() -> Iterator[None]:
    """Times are shown in the zone of the user: here the one of the samples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "XXX-8")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Skip the pauses between two tries, and note them."""
    slept: list[float] = []
    for module in (transport, job_follow):
        clock = SimpleNamespace(monotonic=module.time.monotonic, sleep=slept.append)
        monkeypatch.setattr(module, "time", clock)
    return slept


@pytest.fixture
def logged_in(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Server and token by way of the environment."""
    monkeypatch.setenv("AVIO_URL", stub.url)
    monkeypatch.setenv("AVIO_TOKEN", TOKEN)


@pytest.fixture
def avio(stub: Stub) -> Avio:
    """Run a command line; the test fails with all that was said when it leaves with another code."""

    def run(line: str, code: int = 0, *, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(main, shlex.split(line), input=stdin, prog_name="avio")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        told = f"avio {line}: {result.exit_code}\n{result.stdout}\n{result.stderr}\n{stub.requests}"
        assert result.exit_code == code, told
        return result

    return run
