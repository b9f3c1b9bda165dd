"""What is installed: each dependency is pinned with a hash, a client needs few, and the wheel has avio/ alone."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from setuptools import find_packages

from avio.admin import COMMANDS, commands

ROOT = Path(__file__).resolve().parents[2]

with open(ROOT / "pyproject.toml", "rb") as _file:
    PYPROJECT = tomllib.load(_file)

PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
DEV = EXTRAS["dev"]
RUN = [*PROJECT["dependencies"], *EXTRAS["server"], *EXTRAS["alluxio"], *EXTRAS["s3fast"], *EXTRAS["gate"]]


def pins(file: str) -> dict[str, str]:
    """Return the name and version of each requirement in `file`, with what follows it."""
    text = (ROOT / file).read_text()
    return {
        match.group(1): match.group(3)
        for match in re.finditer(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)((?:.|\n(?=\s))*)", text, re.MULTILINE)
    }


@pytest.mark.parametrize(
    ("file", "wanted"),
    [("requirements.txt", RUN), ("requirements-dev.txt", RUN + DEV)],
)
def test_every_dependency_is_pinned_with_a_hash(file: str, wanted: list[str]) -> None:
    pinned = pins(file)

    assert {Requirement(text).name for text in wanted} - {"avio"} <= set(pinned)
    assert [name for name, rest in pinned.items() if "--hash=sha256:" not in rest] == []


def test_a_client_needs_two_libraries() -> None:
    assert PROJECT["dependencies"] == ["click", "httpx2"]


def test_the_package_that_shares_a_name_with_our_supervisor_is_not_installed() -> None:
    assert "supervisor" not in pins("requirements-dev.txt")


def test_the_wheel_ships_avio_alone() -> None:
    found = find_packages(str(ROOT), **PYPROJECT["tool"]["setuptools"]["packages"]["find"])

    assert {name.partition(".")[0] for name in found} == {"avio"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_admin_command_of_the_map_can_be_asked_for_help(name: str) -> None:
    command = commands.get_command(commands.make_context("avio-server", [name]), name)

    assert command is not None
    assert command.help
