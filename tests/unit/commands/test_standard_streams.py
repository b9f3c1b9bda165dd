"""Standard streams that are closed, full, left by their reader, or of a poor encoding: no traceback, the right code."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable

import pytest

from avio.commands.exit_codes import Exit
from avio.terminal import standard_streams
from tests.unit.commands.samples import JOB, entry_info, entry_page, job_info
from tests.unit.commands.stub import Stub, sse

NAME = "/data/数据😀.tar"

pytestmark = pytest.mark.usefixtures("logged_in")

COMMANDS = {"avio": "avio.commands", "avio-server": "avio.admin"}
PRINTING = [
    "ls /data",
    "ls --json /data",
    f"watch {JOB}",
    f"watch --json {JOB}",
    f"job show {JOB}",
    "--help",
    "completion bash",
]

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(stub: Stub) -> Shell:
    """Run a line of bash in which `avio` is the command, beside a stub with an entry and a job."""
    stub.on("GET", "/list", entry_page(entry_info(NAME)))
    stub.on("GET", f"/jobs/{JOB}", job_info("succeeded"))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", job_info("succeeded"))))
    stub.on("POST", "/preload", job_info("queued"))

    def run(line: str, **environ: str) -> subprocess.CompletedProcess[str]:
        words = "".join(f'{name}() {{ "{sys.executable}" -m {module} "$@"; }}; ' for name, module in COMMANDS.items())
        found = subprocess.run(
            ["bash", "-c", words + line], capture_output=True, env=os.environ | environ, timeout=60, check=False
        )
        out, err = (text.decode("utf-8", "replace") for text in (found.stdout, found.stderr))
        assert "Traceback" not in err, err
        assert "Exception ignored" not in err, err
        return subprocess.CompletedProcess(line, found.returncode, out, err)

    return run


ASCII = [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]


@pytest.mark.parametrize("environ", [*ASCII, {"PYTHONIOENCODING": "latin-1"}], ids=str)
def test_what_an_encoding_lacks_is_an_escape(shell: Shell, environ: dict[str, str]) -> None:
    run = shell("avio ls /data", **environ)

    assert run.returncode == 0
    assert run.stdout.endswith("/data/\\u6570\\u636e\\U0001f600.tar\n")
    assert json.loads(shell("avio ls --json /data", **environ).stdout)["entries"][0]["path"] == NAME


@pytest.mark.parametrize("environ", ASCII, ids=str)
def test_progress_has_signs_that_the_encoding_knows(shell: Shell, stub: Stub, environ: dict[str, str]) -> None:
    for how in ("bar", "lines"):
        assert shell(f"avio watch {JOB} --progress {how}", **environ).returncode == 0


@pytest.mark.parametrize("target", [">/dev/full", ">&-"])
@pytest.mark.parametrize("command", PRINTING)
def test_output_that_is_lost_is_an_error(shell: Shell, command: str, target: str) -> None:
    run = shell(f"avio {command} {target}")

    assert run.returncode == Exit.FAILED
    assert run.stderr.splitlines()[-2].startswith("error:   cannot write to standard output: ")


@pytest.mark.parametrize("target", [">/dev/full", ">&-"])
def test_an_admin_command_says_the_same(shell: Shell, target: str) -> None:
    run = shell(f"avio-server --help {target}")

    assert (run.returncode, "cannot write to standard output" in run.stderr) == (1, True)


@pytest.mark.parametrize("target", ["2>/dev/full", "2>&-", "2>&- <&-"])
def test_lost_messages_stop_nothing(shell: Shell, target: str) -> None:
    run = shell(f"avio preload /data --wait {target}")

    assert (run.returncode, run.stdout) == (0, f"{JOB}\n")


@pytest.mark.parametrize("target", [">&- 2>&-", ">&- 2>&- <&-", ">/dev/full 2>/dev/full"])
def test_nothing_at_all_can_be_written(shell: Shell, target: str) -> None:
    assert shell(f"avio ls /data {target}").returncode == Exit.FAILED


def test_a_question_to_a_closed_input_is_wrong_usage(shell: Shell) -> None:
    assert shell("avio login --name lena <&-").returncode == Exit.USAGE


def test_a_reader_that_leaves_ends_the_command_quietly_with_the_code_of_sigpipe(shell: Shell, stub: Stub) -> None:
    stub.on("GET", "/list", entry_page(*[entry_info(f"/data/{number}") for number in range(3000)]))

    run = shell("avio ls /data | head -1; exit ${PIPESTATUS[0]}")

    assert (run.returncode, run.stderr) == (Exit.READER_LEFT, "")
    assert int(Exit.READER_LEFT) == standard_streams.READER_LEFT


@pytest.mark.parametrize("environ", [{"COLUMNS": "4"}, {"COLUMNS": "0"}, {"TERM": "dumb"}, {"NO_COLOR": "1"}], ids=str)
@pytest.mark.parametrize("command", ["ls /data", f"watch {JOB}", f"job show {JOB}", "--help"])
def test_a_narrow_or_dumb_terminal_is_one_too(shell: Shell, command: str, environ: dict[str, str]) -> None:
    controller, terminal = pty.openpty()
    try:
        run = shell(f"avio {command} >{os.ttyname(terminal)}", **environ)
        shown = os.read(controller, 65536)
    finally:
        os.close(controller)
        os.close(terminal)

    assert run.returncode == 0
    assert shown
    assert "NO_COLOR" not in environ or b"\x1b[3" not in shown
