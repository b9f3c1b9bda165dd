"""What `avio-server demo` shows: each command is printed, run with its output in sight, then what it did is checked."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from avio.errors import AvioError

COMMAND_SECONDS = 60.0

PACKAGE = "/data/json"
NOTE = f"{PACKAGE}/note-of-the-demo.txt"
TEXT = b"written to the cache by the demo\n"


class StepFailed(AvioError):
    """A step of the demo did not do what it should."""

    cure = "this is a defect: report it with the lines above"


class DemoSteps:
    """The steps on a server whose home is `directory` and whose bucket holds `files` files."""

    def __init__(self, directory: Path, environ: Mapping[str, str], *, files: int) -> None:
        self._directory = directory
        self._environ = environ
        self._files = files

    def run(self, url: str, name: str, password: str) -> None:
        """Show all steps, in order; StepFailed at the first that fails."""
        self.show("login", "--url", url, "--name", name, "--password-stdin", typed=password)
        self.list_bucket()
        self.preload()
        self.write_to_cache()
        self.save()
        self.list_jobs()

    def list_bucket(self) -> None:
        """Show a directory that only the bucket has."""
        self.show("ls", PACKAGE)
        entries = self.ask("ls", PACKAGE)["entries"]
        expect({"remote"}, {entry["state"] for entry in entries}, f"states below {PACKAGE}")

    def preload(self) -> None:
        """Preload everything, and check that it is cached."""
        self.show("preload", "/data", "--wait")
        job = self.ask("jobs", "--limit", "1")["jobs"][0]
        expect("succeeded", job["status"], "status of the preload")
        expect(self._files, job["progress"]["done"]["files"], "files preloaded")

        self.show("stat", "/data")
        entry = self.ask("stat", "/data")
        expect(("cached", 100), (entry["state"], entry["cachedPercent"]), "state of /data")
        expect({"MEM": entry["size"]}, entry["tiers"], "bytes on each tier")
        expect(self._files, entry["filesCached"], "files cached")

    def write_to_cache(self) -> None:
        """Write a file into the cache, as a training job does."""
        file = self._directory / "mem" / NOTE.lstrip("/")
        click.echo(f"\n$ echo '{TEXT.decode().strip()}' > {file}")
        file.write_bytes(TEXT)

        self.show("ls", PACKAGE)
        states = {entry["path"]: entry["state"] for entry in self.ask("ls", PACKAGE)["entries"]}
        expect("dirty", states.get(NOTE), f"state of {NOTE}")

    def save(self) -> None:
        """Save the new file, and check that the bucket has it."""
        self.show("save", PACKAGE, "--wait")
        saved = self._directory / "bucket" / NOTE.removeprefix("/data/")
        click.echo(f"\n$ cat {saved}")
        expect(TEXT, saved.read_bytes() if saved.exists() else None, f"what the bucket holds of {NOTE}")
        click.echo(TEXT.decode(), nl=False)
        entry = self.ask("stat", NOTE)
        expect(("cached", True), (entry["state"], entry["saved"]), f"state of {NOTE}")

    def list_jobs(self) -> None:
        """Show both jobs."""
        self.show("jobs")
        jobs = self.ask("jobs")["jobs"]
        expect([(2, "succeeded"), (1, "succeeded")], [(job["type"], job["status"]) for job in jobs], "jobs")

    def show(self, *words: str, typed: str | None = None) -> None:
        """Run an avio command as a person would, on the terminal if there is one."""
        click.echo(f"\n$ avio {' '.join(words)}")
        run = subprocess.run(
            [*AVIO, *words], input=typed, text=True, env=self._environ, timeout=COMMAND_SECONDS, check=False
        )
        expect(0, run.returncode, f"exit code of avio {words[0]}")

    def ask(self, *words: str) -> Any:
        """Run an avio command as a program would, and return its JSON."""
        command = [*AVIO, *words, "--json"]
        run = subprocess.run(command, env=self._environ, timeout=COMMAND_SECONDS, stdout=subprocess.PIPE, check=False)
        expect(0, run.returncode, f"exit code of avio {words[0]} --json")
        return json.loads(run.stdout)


# The console script of this interpreter's environment.
AVIO = [str(Path(sys.executable).with_name("avio"))]


def expect(wanted: object, found: object, what: str) -> None:
    """Raise StepFailed unless `found` is `wanted`."""
    if found != wanted:
        raise StepFailed(f"{what}: expected {wanted!r}, found {found!r}")
