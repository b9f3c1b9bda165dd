"""What the programs of a server do first: no garbage is looked for while they load, and it is afterwards."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = (
    "avio/aggregator/__main__.py",
    "avio/api/gunicorn_config.py",
    "supervisor/__main__.py",
    "supervisor/intake/__main__.py",
)

LOOK = """
import gc, importlib.metadata, sys
importlib.metadata.distributions = lambda **_: sys.exit("pydantic looks for plugins")
import avio.startup
assert not gc.isenabled() and gc.get_freeze_count() == 0
import avio.config
avio.startup.loaded()
assert gc.isenabled() and gc.get_freeze_count() > 1000
"""


def test_a_program_looks_for_garbage_once_it_is_loaded_and_only_among_what_is_new() -> None:
    subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, check=True, timeout=60)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_begins_with_it_and_says_when_it_is_loaded(program: str) -> None:
    tree = ast.parse((ROOT / program).read_text())
    imported = [
        getattr(node, "module", None) or node.names[0].name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    ours = [name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names]
    assert ours[0] == "avio.startup"
    assert "avio.startup.loaded()" in map(ast.unparse, ast.walk(tree))
