"""Fresh environments with nothing but the wheel of avio, and the libraries that it asks for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wheel.wheelhouse import UV, build, pack_libraries


class Environment:
    """A venv; `directory` is where its commands run, far from the checkout."""

    def __init__(self, directory: Path, wheels: Path, wanted: str) -> None:
        self.directory = directory
        self.venv = directory / "venv"
        self.environ = {
            "PATH": os.defpath,
            "HOME": str(directory),
            "XDG_CONFIG_HOME": str(directory / "config"),
            "AVIO_ADMIN_PASSWORD": "correct horse",
        }
        self._uv("venv", "--python", sys.executable, self.venv)
        source = ("--no-index", "--find-links", wheels, "--link-mode", "hardlink")
        self._uv("pip", "install", *source, "--python", self.venv, wanted)

    def run(self, command: str, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the venv to its end."""
        return subprocess.run(
            [self.venv / "bin" / command, *arguments],
            cwd=self.directory,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def packages(self) -> Path:
        """The folder of the installed packages."""
        (found,) = self.venv.glob("lib/python*/site-packages")
        return found

    def _uv(self, *arguments: str | Path) -> None:
        subprocess.run([UV, "--quiet", "--offline", "--no-cache", *arguments], check=True, timeout=100)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of avio and of all libraries of the server."""
    directory = tmp_path_factory.mktemp("wheels")
    build(directory)
    pack_libraries(directory, {"server"})
    return directory


@pytest.fixture(scope="session")
def client(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What `pip install avio` gives."""
    return Environment(tmp_path_factory.mktemp("client"), wheels, "avio")


@pytest.fixture(scope="session")
def server(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What `pip install 'avio[server]'` gives."""
    return Environment(tmp_path_factory.mktemp("server"), wheels, "avio[server]")
