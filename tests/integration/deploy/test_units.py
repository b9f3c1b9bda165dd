"""The units of systemd, the rotation of logs, and the container's health check: what each tool says of them."""

import os
import re
import runpy
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from avio.config import Settings

pytestmark = pytest.mark.setup

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
UNITS = {path.stem.removeprefix("avio-"): path for path in (DEPLOY / "systemd").glob("avio-*.service")}

# How open `systemd-analyze security` may find a unit, of 100: a supervisor needs means for the walls of its jobs.
MOST_OPEN = {"web": 20, "aggregator": 20, "supervisor": 55}

needs_systemd = pytest.mark.program("systemd-analyze")
needs_logrotate = pytest.mark.program("logrotate")


def run(*line: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)


def installed(directory: Path, name: str) -> Path:
    """Return a copy of a unit whose programs are there."""
    text = UNITS[name].read_text(encoding="utf-8").replace("/opt/avio", str(directory))
    for program in re.findall(r"^ExecStart=(\S+)", text, re.MULTILINE):
        Path(program).parent.mkdir(exist_ok=True)
        Path(program).touch(0o755)
    (directory / "root").mkdir()
    unit = directory / UNITS[name].name
    unit.write_text(text, encoding="utf-8")
    return unit


def test_there_is_a_unit_for_each_process_of_the_procfile_with_its_command() -> None:
    lines = dict(line.split(": exec ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines())

    assert {name: command(name) for name in UNITS} == lines


def command(name: str) -> str:
    """Return what a unit runs, without the directory of its program."""
    text = UNITS[name].read_text(encoding="utf-8")
    return next(line for line in text.splitlines() if line.startswith("ExecStart=")).removeprefix(
        "ExecStart=/opt/avio/bin/"
    )


@needs_systemd
@pytest.mark.parametrize("name", MOST_OPEN)
def test_systemd_takes_a_unit_without_a_word(tmp_path: Path, name: str) -> None:
    said = run("systemd-analyze", "verify", "--recursive-errors=no", installed(tmp_path, name))

    assert (said.returncode, said.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", MOST_OPEN)
def test_a_unit_is_as_closed_as_it_may_be(tmp_path: Path, name: str) -> None:
    unit = installed(tmp_path, name)
    said = run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_OPEN[name]}", "--no-pager", unit)

    assert said.returncode == 0, said.stdout


def test_a_supervisor_has_the_time_that_a_drain_takes() -> None:
    text = UNITS["supervisor"].read_text(encoding="utf-8")
    limit = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)

    assert limit is not None
    assert int(limit[1]) >= Settings.model_fields["stop_grace"].default + 15
    assert "KillMode=mixed" in text


@needs_logrotate
def test_logrotate_takes_its_file(tmp_path: Path) -> None:
    rules = tmp_path / "avio"
    shutil.copy(DEPLOY / "logrotate/avio", rules)
    rules.chmod(0o644)

    said = run("logrotate", "--debug", "--state", tmp_path / "state", rules)

    assert said.returncode == 0
    assert "error" not in said.stderr.lower()


@pytest.mark.parametrize(
    ("line", "well"), [("gunicorn\0app:app\0", False), ("python\0-m\0supervisor\0", True), ("python\0", True)]
)
def test_only_web_is_asked_how_it_is(monkeypatch: pytest.MonkeyPatch, line: str, well: bool) -> None:
    monkeypatch.setenv("AVIO_PORT", "1")  # nobody listens there
    is_well = cast(Callable[[str], bool], runpy.run_path(str(DEPLOY / "image/healthcheck.py"))["is_well"])

    assert is_well(line) is well


def test_the_image_copies_all_that_its_build_needs_and_runs_as_no_root() -> None:
    dockerfile = (DEPLOY / "image/Dockerfile").read_text(encoding="utf-8")
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}

    assert {path for path in kept if not (ROOT / path).exists()} == set()
    assert {"requirements.txt", "pyproject.toml", "setup.py", "avio", "supervisor", "schema.sql", "Procfile"} <= kept
    assert "--require-hashes" in dockerfile
    assert re.findall(r"^USER (\d+):", dockerfile, re.MULTILINE) == ["10001"]
    assert os.access(DEPLOY / "image/build.sh", os.X_OK)
