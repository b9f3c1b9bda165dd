"""What people install is the wheel: alone it is a small client, with its extra it serves."""

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avio.api.page.page_files import page_files
from tests.e2e.readme_blocks import blocks
from tests.processes import kept
from tests.wheel.conftest import Environment

CLIENT_BYTES = 15_000_000
STOP_SECONDS = 30

pytestmark = pytest.mark.wheel

# Imports every module of the client, and prints the libraries that came with them.
IMPORT_ALL = """
import importlib, pkgutil, sys
import avio.client, avio.commands
for package in (avio.client, avio.commands):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print("imported")
"""


def test_the_wheel_has_avio_alone_with_its_types_tables_and_the_files_of_the_server(wheels: Path) -> None:
    (wheel,) = wheels.glob("avio-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"avio"}
    assert {
        "avio/py.typed",
        "avio/db/upgrades/0002-failures-by-digest.sql",
        *(f"avio/api/page/static/{name}" for name in page_files()),
        "avio/server/schema.sql",
        "avio/server/Procfile",
        "avio/server/app.py",
        "avio/server/supervisor/__main__.py",
        "avio/server/supervisor/child/entrypoint.py",
    } <= names


def test_avio_alone_is_a_small_client_with_its_command(client: Environment) -> None:
    client.run("python", "-m", "compileall", "-q", client.packages)  # as pip does
    size = sum(file.stat().st_size for file in client.packages.rglob("*"))

    assert [*client.packages.glob("httpx2/__pycache__/*.pyc")]
    assert client.run("python", "-c", IMPORT_ALL).stdout == "imported\n"
    assert size < CLIENT_BYTES
    assert not [*client.packages.glob("pydantic*")]
    assert client.run("avio", "--help").returncode == 0
    away = client.run("avio", "--url", "http://127.0.0.1:1", "ls", "/")
    assert away.returncode == 5, away.stderr


@pytest.mark.parametrize("command", [["check"], ["up"], ["user", "list"], ["up", "--help"]])
def test_a_command_of_the_server_without_its_extra_says_what_to_install(
    client: Environment, command: list[str]
) -> None:
    run = client.run("avio-server", *command)

    assert run.returncode == 1
    assert "needs the library" in run.stderr
    assert "pip install 'avio[server]'" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_admin_command_explains_itself_without_its_extra(client: Environment) -> None:
    assert "Start a whole server" in client.run("avio-server", "--help").stdout


def test_an_engine_without_its_extra_says_what_to_install(server: Environment) -> None:
    (server.directory / "avio.toml").write_text('engine = "alluxio"\n[alluxio]\nmasters = ["127.0.0.1:1"]\n')
    try:
        run = server.run("avio-server", "check")
    finally:
        (server.directory / "avio.toml").unlink()

    assert "pip install 'avio[alluxio]'" in run.stdout + run.stderr
    assert "Traceback" not in run.stderr


@contextmanager
def up(server: Environment) -> Iterator[str]:
    """Run `avio-server up`; yield its URL."""
    command = [server.venv / "bin/avio-server", "up", "--home", "var", "--port", "0"]
    with subprocess.Popen(
        command, cwd=server.directory, env=server.environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        kept.add(process.pid)
        try:
            assert process.stdout is not None
            word, url = process.stdout.readline().split()
            assert word == "ready"
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)


def test_with_its_extra_it_serves_a_preload_far_from_any_checkout(server: Environment) -> None:
    with up(server) as url:
        (server.directory / "var/bucket/a.txt").write_text("content")
        login = server.run(
            "avio", "login", "--url", url, "--name", "admin", "--password-stdin", stdin="correct horse\n"
        )
        assert login.returncode == 0, login.stderr
        preload = server.run("avio", "preload", "/data", "--wait")
        assert preload.returncode == 0, preload.stderr
        local = server.run("avio", "path", "/data/a.txt").stdout.strip()
        assert Path(local).read_text() == "content"
        looked = server.run("avio-server", "check")
        assert looked.returncode == 0, looked.stdout


def test_the_readme_installs_it_and_starts_a_server(wheels: Path, tmp_path: Path) -> None:
    block = next(each for each in blocks("README.md") if "make wheel" in each)
    *lines, last = block.splitlines()
    assert lines[0] == "make wheel"
    assert last == "avio-server up --home ~/avio-data"
    (tmp_path / "dist").mkdir()
    shutil.copy(next(wheels.glob("avio-*.whl")), tmp_path / "dist")  # what `make wheel` leaves
    environ = {"HOME": str(tmp_path), "PATH": os.defpath, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    script = "\n".join([*lines[1:], f"exec {last} --port 0"]).replace("python3 ", f"{sys.executable} ")

    environ |= {"AVIO_ADMIN_PASSWORD": "correct horse"}
    line = ["bash", "-euo", "pipefail", "-c", script]

    with subprocess.Popen(
        line, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        kept.add(process.pid)
        try:
            assert process.stdout is not None
            assert any(line.startswith("ready ") for line in process.stdout)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)
