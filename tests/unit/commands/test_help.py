"""`avio --help` is quick and complete; docs/cli.md and the commands say the same."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from avio.admin import commands as admin
from avio.commands import COMMANDS, main
from avio.commands.exit_codes import MEANINGS
from avio.wire.limits import LEAST_BANDWIDTH
from tests.unit.commands.conftest import Avio

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
HELP_SECONDS = 0.3
TRIES = 5


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def options(command: click.Command) -> set[str]:
    """Return the names of a command's options."""
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for name in parameter.opts
    }


@pytest.mark.parametrize("group", ["user", "token", "db"])
def test_the_help_of_a_group_has_whole_sentences(group: str) -> None:
    listed = CliRunner().invoke(admin, [group, "--help"]).stdout.partition("Commands:")[2]

    assert listed.count(".\n") > 1
    assert "..." not in listed


def test_help_loads_no_http_client_and_nothing_of_the_server() -> None:
    program = (
        "import sys\n"
        "from avio.commands import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted({'httpx2', 'pydantic'} & set(sys.modules)))\n"
    )

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)

    assert run.stdout.splitlines()[-1] == "[]"


def test_help_takes_less_than_300_ms() -> None:
    # Measured on the processor, as this machine may be busy with other tests.
    seconds = []
    for _ in range(TRIES):
        before = os.times()
        subprocess.run([sys.executable, "-m", "avio.commands", "--help"], capture_output=True, timeout=20, check=True)
        after = os.times()
        used = after.children_user - before.children_user + after.children_system - before.children_system
        seconds.append(used)

    assert min(seconds) < HELP_SECONDS


def test_help_lists_every_command_with_its_own_line_and_every_exit_code(avio: Avio) -> None:
    said = " ".join(avio("--help").stdout.split())

    for name, (_, _, line) in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command is not None
        assert command.get_short_help_str(limit=200) == line
        assert f"{name} {line}" in said
    assert all(f"{int(code)} {meaning}" in said for code, meaning in MEANINGS.items())


@pytest.mark.parametrize("name", [name for name, _ in commands(main)])
def test_every_command_explains_itself(avio: Avio, name: str) -> None:
    assert f"Usage: avio {name} " in avio(f"{name} --help").stdout


@pytest.mark.parametrize("name", [name for name, _ in commands(main)])
def test_no_help_shows_a_mark_of_its_layout(avio: Avio, name: str) -> None:
    assert "\\b" not in avio(f"{name} --help").stdout


def test_an_example_stands_on_its_own_line(avio: Avio) -> None:
    line = "  avio schedule create --cron '0 2 * * *' -- preload /data --exclude '*.tmp'"
    assert line in avio("schedule create --help").stdout.splitlines()


@pytest.mark.parametrize("name", ["preload", "save", "set"])
def test_the_least_bandwidth_is_told_before_it_is_refused(avio: Avio, name: str) -> None:
    told = " ".join(avio(f"{name} --help").stdout.split())
    assert f"{LEAST_BANDWIDTH >> 10}KiB or more" in told


@pytest.mark.parametrize("name", [name for name, command in commands(main) if "--json" not in options(command)])
def test_only_completion_has_no_json(name: str) -> None:
    assert name == "completion"


def test_the_docs_name_every_command_and_no_other() -> None:
    assert re.findall(r"^### avio ([a-z ]+?)$", DOCS, re.MULTILINE) == [name for name, _ in commands(main)]


@pytest.mark.parametrize(("name", "command"), list(commands(main)))
def test_the_docs_have_every_option_of_a_command_and_no_other(name: str, command: click.Command) -> None:
    section = DOCS.split(f"### avio {name}\n", 1)[1].split("\n#", 1)[0]
    table = {option for row in re.findall(r"^\| (`-.*?) \|", section, re.MULTILINE) for option in _names(row)}

    assert table == options(command)


def _names(cell: str) -> list[str]:
    return re.findall(r"(?<![\w-])--?[0-9a-zA-Z][\w-]*", cell)


def test_the_docs_have_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*?) \|$", DOCS, re.MULTILINE)

    assert {int(code): meaning for code, meaning in rows} == {int(code): text for code, text in MEANINGS.items()}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(avio: Avio, shell: str) -> None:
    assert "_AVIO_COMPLETE" in avio(f"completion {shell}").stdout


def test_a_command_that_does_not_exist_is_wrong_usage(avio: Avio) -> None:
    assert "No such command 'prelaod'. Did you mean 'preload'" in avio("prelaod /data", 2).stderr
    assert avio("xyzzy", 2).stderr.endswith("No such command 'xyzzy'.\n")
    assert "'--wait'" in avio("preload --wiat /data", 2).stderr.partition("Did you mean")[2]
