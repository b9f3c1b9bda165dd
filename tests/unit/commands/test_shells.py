"""Completion in real shells: bash, and zsh and fish where they are installed."""

import os
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import BashComplete

from avio.commands import main
from tests.unit.commands.samples import JOB, entry_info, entry_page, job_info
from tests.unit.commands.stub import TOKEN, Stub
from tests.unit.terminal.screen import on_a_screen

pytestmark = pytest.mark.setup

BIN = Path(sys.executable).parent

needs_zsh = pytest.mark.program("zsh")
needs_fish = pytest.mark.program("fish")


@pytest.fixture
def environ(stub: Stub, home: Path) -> dict[str, str]:
    """A login, and `avio` on the path."""
    return {
        "AVIO_URL": stub.url, "AVIO_TOKEN": TOKEN, "HOME": str(home), "XDG_CONFIG_HOME": str(home),
        "PATH": f"{BIN}:{os.environ['PATH']}", "PS1": "$ ", "LC_ALL": "C.UTF-8",
    }  # fmt: skip


def directory(name: str) -> dict[str, Any]:
    return entry_info(name, kind="directory", state="unknown", size=None)


def run(line: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("avio ls /da\t", "avio ls /data/"),
        ("avio ls /data/t\t", "avio ls /data/train\\ set/"),
        ("avio jobs status:fa\t", "avio jobs status:failed"),
        ("avio jobs status:failed,ca\t", "avio jobs status:failed,cancelled"),
        ("avio jobs sta\t", "avio jobs status:"),
        ("avio --url=http://x:1 whoa\t", "avio --url=http://x:1 whoami"),
        (f"avio watch {JOB[:4]}\t", f"avio watch {JOB}"),
    ],
)
def test_bash_completes_words_with_colons_commas_and_blanks(
    stub: Stub, environ: dict[str, str], typed: str, completed: str
) -> None:
    pages = {"/": entry_page(directory("/data"), path="/"), "/data": entry_page(directory("/data/train set"))}
    stub.on("GET", "/list", pages["/data" if "/data/" in typed else "/"])
    stub.on("GET", "/jobs", {"jobs": [job_info()], "nextPageToken": None})

    with on_a_screen(["bash", "--norc", "--noprofile", "-i"], columns=120, **environ) as screen:
        screen.type('eval "$(avio completion bash)"; clear; PS1="> "\n')
        screen.wait(lambda: screen.lines == [">"])
        screen.type(typed)
        screen.wait(lambda: any(line == f"> {completed}" for line in screen.lines))
        assert "Traceback" not in "\n".join(screen.lines)


@needs_zsh
def test_zsh_without_compinit_says_nothing(environ: dict[str, str]) -> None:
    said = run(["zsh", "-f", "-c", 'eval "$(avio completion zsh)"; echo done'], environ)

    assert (said.stdout, said.stderr, said.returncode) == ("done\n", "", 0)


@needs_zsh
def test_zsh_completes_paths_and_terms(stub: Stub, environ: dict[str, str]) -> None:
    stub.on("GET", "/list", entry_page(directory("/data"), path="/"))

    with on_a_screen(["zsh", "-f", "-i"], **environ) as screen:
        screen.type('autoload -U compinit; compinit -D -u; eval "$(avio completion zsh)"; clear; PS1="> "\n')
        screen.wait(lambda: screen.lines == [">"])
        screen.type("avio ls /da\t")
        screen.wait(lambda: any(line.endswith("avio ls /data/") for line in screen.lines))
        screen.type("\x15avio jobs status:fa\t")
        screen.wait(lambda: any("avio jobs status:failed" in line for line in screen.lines))


@needs_fish
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("avio jobs status:failed,ca", ["status:failed,cancelled"]),
        ("avio ls /data/a", ["/data/a,b.tar"]),
    ],
)
def test_fish_keeps_commas(stub: Stub, environ: dict[str, str], typed: str, offered: list[str]) -> None:
    stub.on("GET", "/list", entry_page(entry_info("/data/a,b.tar")))
    program = f"avio completion fish | source; complete -C {shlex.quote(typed)}"

    said = run(["fish", "--no-config", "-c", program], environ)

    assert (said.stdout.splitlines(), said.stderr) == (offered, "")


def completed(*words: str) -> list[str]:
    """Return what is offered for the last word."""
    items = BashComplete(main, {}, "avio", "_AVIO_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [item.value for item in items]


@pytest.fixture
def _logged_in(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVIO_URL", stub.url)
    monkeypatch.setenv("AVIO_TOKEN", TOKEN)


@pytest.mark.usefixtures("_logged_in")
def test_paths_are_offered_one_level_at_a_time_and_what_is_cached_where_only_that_counts(stub: Stub) -> None:
    cached, remote = entry_info("/data/a.tar"), entry_info("/data/b.tar", state="remote", cachedBytes=0)
    odd = entry_info("/data/c\x1b[2J")
    stub.on("GET", "/list", entry_page(directory("/data/train"), cached, remote, odd))

    assert completed("ls", "/data/") == ["/data/train/", "/data/a.tar", "/data/b.tar"]
    assert completed("preload", "/x", "/data/t") == ["/data/train/"]
    assert completed("wait", "/data/a") == ["/data/a.tar"]
    assert completed("free", "/data/") == ["/data/train/", "/data/a.tar"]
    assert completed("ls", "nothing") == []
    assert {request.query["alluxioUri"][0] for request in stub.asked("GET", "/list")} == {"/data"}


def test_without_a_login_nobody_is_asked(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVIO_URL", stub.url)
    monkeypatch.delenv("AVIO_TOKEN", raising=False)

    assert completed("ls", "/data/") == completed("watch", "0") == completed("schedule", "show", "n") == []
    assert stub.requests == []


@pytest.mark.usefixtures("_logged_in")
@pytest.mark.parametrize("reply", [{"entries": 7}, "no JSON", {}, {"entries": [{"path": "/data/a"}]}])
def test_what_is_no_listing_is_no_traceback(stub: Stub, reply: Any) -> None:
    stub.on("GET", "/list", reply)

    assert completed("ls", "/data/") == []


def test_a_file_that_is_no_login_is_no_traceback(home: Path, environ: dict[str, str]) -> None:
    (home / "avio").mkdir()
    (home / "avio" / "config.json").write_text("{")
    asked = {"_AVIO_COMPLETE": "bash_complete", "COMP_WORDS": "avio ls /da", "COMP_CWORD": "2", "AVIO_TOKEN": ""}

    said = run([str(BIN / "avio")], {**environ, **asked, "AVIO_URL": ""})

    assert (said.stdout.strip(), said.stderr) == ("", "")


def test_a_server_that_does_not_answer_costs_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AVIO_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("AVIO_TOKEN", TOKEN)
        began = time.monotonic()

        assert completed("ls", "/data/") == []

    assert time.monotonic() - began < 10
