"""Puts the files that a server starts from into the wheel, as `avio/server`. pyproject.toml says all else."""

from pathlib import Path
from shutil import copy2, copytree, ignore_patterns, rmtree

from setuptools import setup
from setuptools.command.build_py import build_py

# What is in `avio/server` of an installed package, and in the root of a checkout: see `avio.root`.
FILES = ("Procfile", "app.py", "cli.py", "schema.sql")


class BuildWithServer(build_py):
    """Builds the package. `supervisor` stays below `avio`: its name belongs to another package."""

    def run(self) -> None:
        """Build, then copy the files. An editable install has them in its checkout."""
        super().run()
        if self.editable_mode:
            return
        server = Path(self.build_lib) / "avio" / "server"
        rmtree(server, ignore_errors=True)
        server.mkdir(parents=True)
        for name in FILES:
            copy2(name, server)
        copytree("supervisor", server / "supervisor", ignore=ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": BuildWithServer})
