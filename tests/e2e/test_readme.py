"""The commands of README.md as a newcomer copies them: a server, a bucket of one's own, a preload, a save."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import obstore
import pytest

from tests.e2e.readme_blocks import ROOT, blocks
from tests.processes import kept
from tests.servers.ports import free_ports
from tests.servers.seaweed import S3Server

pytestmark = pytest.mark.setup

PASSWORD = "correct horse"
LIMIT = 100.0  # seconds for a block

# What stands for `make` in the checkout of the test: its two targets would fill .venv from the network first.
MAKE = """#!/bin/sh
test "$*" = serve || exit 0
exec avio-server up --home var --port {port}
"""


class Newcomer:
    """Somebody with a checkout, an own bucket, and two terminals."""

    def __init__(self, directory: Path, mount: str) -> None:
        (self.port,) = free_ports(["web"]).values()
        self.mount = mount
        self.checkout = directory / "avio"
        (self.checkout / ".venv").mkdir(parents=True)
        (self.checkout / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
        make = directory / "make" / "make"
        make.parent.mkdir()
        make.write_text(MAKE.format(port=self.port))
        make.chmod(0o755)
        self.environ = {
            "PATH": f"{make.parent}:{os.defpath}",
            "HOME": str(directory),
            "AVIO_PASSWORD": PASSWORD,
            "AVIO_ADMIN_PASSWORD": PASSWORD,
            "AVIO_STOP_GRACE": "3",
            "AVIO_WEB_WORKERS": "1",
        }
        self.path = ""

    def copy(self, block: str) -> str:
        """Paste a block into the second terminal; return what it prints."""
        text = block.replace("8080", str(self.port))
        text = re.sub(r'url = "s3://.*\n.*\n', lambda _: self.mount, text)
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{self.path}{text}"],
            cwd=self.checkout, env=self.environ, capture_output=True, text=True, timeout=LIMIT, check=False,
        )  # fmt: skip
        assert run.returncode == 0, f"{text}\n{run.stdout}\n{run.stderr}"
        if "export PATH" in block:
            self.path = next(line for line in block.splitlines() if "export PATH" in line) + "\n"
        return run.stdout

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Do `make serve` in the first terminal, and Ctrl-C at the end."""
        environ = {**self.environ, "PATH": f"{self.checkout}/.venv/bin:{self.environ['PATH']}"}
        with subprocess.Popen(
            ["make", "serve"], cwd=self.checkout, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as server:
            kept.add(server.pid)
            try:
                assert server.stdout is not None
                assert server.stdout.readline().startswith("ready ")
                yield
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(60)


def test_a_newcomer_has_the_own_bucket_in_the_cache_and_saves_to_it(tmp_path: Path, seaweed_server: S3Server) -> None:
    seaweed_server.make_bucket("readme-bucket")
    store = seaweed_server.store("readme-bucket")
    for name in ("a", "数据/b"):
        obstore.put(store, f"datasets/{name}", b"x" * 1000)
    start, log_in, name_it, again, bring, read, _ = blocks("README.md")
    newcomer = Newcomer(tmp_path, _mount(seaweed_server, name_it))

    assert start == "make demo\nmake serve\n"
    with newcomer.serve():
        newcomer.copy(log_in)
        assert "/mine" in newcomer.copy(name_it)
    assert again == "make serve\n"
    with newcomer.serve():
        assert "/mine" in newcomer.copy(bring)
        assert "a\n" in newcomer.copy(read)

    assert bytes(obstore.get(store, "datasets/results.txt").bytes()) == b"epoch 1\n"


def _mount(server: S3Server, block: str) -> str:
    """Return the lines of a mount of the S3 server, with each option that the README names."""
    named = set(re.findall(r"(\w+) = \"", block.split("options = {")[1]))
    assert named <= {"region", *server.options}, "an option of the README that the test can't fill in"
    values = {"region": "us-east-1", **server.options}
    options = ", ".join(f'{name} = "{text}"' for name, text in values.items())
    return f'url = "s3://readme-bucket/datasets"\noptions = {{ {options} }}\n'


def test_make_serve_is_what_the_test_runs_and_make_demo_has_a_test_of_its_own() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert re.search(r"^serve: .*\n\t\$\(BIN\)/avio-server up --home var$", makefile, re.MULTILINE)
    assert re.search(r"^demo: .*\n\t\$\(BIN\)/avio-server demo$", makefile, re.MULTILINE)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("block", blocks("README.md"))
def test_a_block_is_valid_for_a_shell(block: str) -> None:
    run = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
