"""One node of `make chaos` is of another version: its line begins in that checkout; what runs elsewhere is found."""

import os
import subprocess
from pathlib import Path

import pytest

from avio.db.schema import VERSION
from chaos import fleet
from chaos.clocks import Clocks
from chaos.fleet import strangers, unfit
from chaos.world import NODES, OLD_NODE, lines
from tests.e2e.procfile_cluster import ROOT


@pytest.mark.parametrize("node", NODES)
def test_the_line_of_that_node_alone_begins_in_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str
) -> None:
    old = tmp_path / "a checkout"
    program = tmp_path / "bin/python"
    for directory in (old, program.parent):
        directory.mkdir()
    program.write_text("#!/bin/sh\npwd; echo $*\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    line = lines(Clocks(tmp_path / "clocks", ()), old)["supervisor"]

    environ = {**os.environ, "AVIO_NODE": node}
    said = subprocess.run(line, shell=True, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert said.stdout.split("\n")[:2] == [str(old if node == OLD_NODE else tmp_path), "-m chaos.node"]


def test_a_process_that_works_elsewhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "SHELL_SECONDS", 0.1)
    assert strangers([os.getpid()], Path.cwd()) == []
    assert strangers([os.getpid()], tmp_path) == [f"process {os.getpid()} is not of {tmp_path}"]


def test_a_shell_that_goes_there_soon_is_none(tmp_path: Path) -> None:
    with subprocess.Popen(f"sleep 0.3; cd '{tmp_path}'; exec sleep 5", shell=True) as shell:
        assert strangers([shell.pid], tmp_path) == []
        shell.kill()


def test_a_version_with_other_tables_is_left_out(tmp_path: Path) -> None:
    assert unfit(ROOT) is None
    (tmp_path / "schema.sql").write_text(f"INSERT INTO schema_version (version) VALUES ({VERSION - 1});")
    assert unfit(tmp_path) == f"its tables are of version {VERSION - 1}, those of this one {VERSION}"
