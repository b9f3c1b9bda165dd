"""What make does on a machine without Maven: tests on Alluxio are skipped with one line, in CI they fail."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


def make(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in a checkout that has only what is looked at here, without Maven."""
    pom = directory / "tests/servers/alluxio/pom.xml"
    pom.parent.mkdir(parents=True)
    pom.touch()
    command = ["make", "--file", str(ROOT / "Makefile"), "--old-file", ".venv/dev.stamp", "MAVEN=", *arguments]
    # A make that runs these tests would have this one talk of its directories, and hand its own flags down.
    environ = {name: text for name, text in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_a_laptop_without_maven_skips_with_one_line_that_says_how_to_get_it(tmp_path: Path) -> None:
    run = make(tmp_path, "test-alluxio", "CI=")

    assert run.returncode == 0
    (line,) = run.stdout.splitlines()
    assert line.startswith("skipped: ")
    assert "apt-get install maven" in line
    assert run.stderr == ""


def test_ci_without_maven_fails_and_says_why(tmp_path: Path) -> None:
    run = make(tmp_path, "test-alluxio", "CI=true")

    assert run.returncode != 0
    assert "Maven (mvn) is missing" in run.stderr


def test_a_cluster_without_maven_is_refused_with_the_same_line(tmp_path: Path) -> None:
    run = make(tmp_path, "alluxio", "CI=")

    assert run.returncode != 0
    assert "apt-get install maven" in run.stderr


def test_ci_runs_the_tests_on_alluxio_too() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()

    assert 'CI=${CI:-true} make test-alluxio >"$said" 2>&1 &' in lines
    assert lines[-2].startswith('wait "$alluxio" ||'), "and fails with them"


def test_a_laptop_without_helm_skips_with_one_line_that_says_how_to_get_it(tmp_path: Path) -> None:
    run = make(tmp_path, "test-chart", "CI=", "HELM=")

    assert run.returncode == 0
    (line,) = run.stdout.splitlines()
    assert line.startswith("skipped: helm is missing; install helm 3")


def test_ci_without_helm_and_go_fails_and_says_why(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    run = make(tmp_path, "test-chart", "CI=true", "GO=", f"TOOLS={tools}", f"HELM={tools}/helm-v3.22.0")

    assert run.returncode != 0
    assert "helm is missing" in run.stderr


def test_ci_renders_the_chart_too() -> None:
    assert "CI=${CI:-true} make test-chart" in (ROOT / ".ci/run").read_text().splitlines()


def test_help_lists_every_target_for_people(tmp_path: Path) -> None:
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    listed = make(tmp_path, "help").stdout

    assert targets
    assert {name for name in " ".join(targets).split() if f"make {name} " not in listed} == set()
