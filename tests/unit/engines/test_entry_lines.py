"""Entries as lines: one for each, whatever is in their paths, and the same for a run of files that makes no entries."""

import json
import os
from dataclasses import asdict
from typing import Any

import pytest

from avio.engines.base import Entry, EntryState
from avio.engines.entry_lines import lines_of
from avio.engines.local.file_run import FileRun
from avio.engines.local.merge import Uniform
from avio.engines.local.tiers import TierDirectory

NAMES = ["a", 'b"},{"path":"/x', "c\\", "é", "d\u2028e", os.fsdecode(b"f\xff")]


def read(lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.decode().split("\n")[:-1]]


@pytest.mark.parametrize("names", [NAMES, NAMES[:-1], []])
def test_each_entry_has_a_line(names: list[str]) -> None:
    entries = [Entry(f"/data/{name}", "file", 1, 1.5, EntryState.CACHED, 1, {"MEM": 1}, True) for name in names]

    assert read(lines_of(entries)) == [asdict(entry) for entry in entries]


@pytest.mark.parametrize("names", [NAMES, NAMES[:-1]])
@pytest.mark.parametrize("cached", [True, False])
def test_a_run_of_files_has_the_lines_of_its_entries(names: list[str], cached: bool) -> None:
    tier = TierDirectory("MEM", "/mem", 1 << 30) if cached else None
    files = [(name, 7, 1_764_450_000_123_000_000, '"e"' if name == "a" else None) for name in names]
    run = FileRun(Uniform("/data/", files, tier))

    assert read(lines_of(run)) == [asdict(entry) for entry in run]
    assert (len(run), run.size) == (len(names), 7 * len(names))
    assert {entry.state for entry in run} == {EntryState.CACHED if cached else EntryState.REMOTE}
