"""The floors of the house, as the contracts in pyproject.toml state them, hold; and each contract can go red."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


class Plant(NamedTuple):
    """An import that a contract forbids, and the file that it is written into."""

    contract: str
    file: str
    line: str


PLANTS = [
    Plant("floors", "avio/db/leases.py", "import avio.queue"),
    Plant("floors", "avio/config/__init__.py", "from avio.db import leases"),
    Plant("ground", "avio/wire/states.py", "import httpx2"),
    Plant("face", "avio/client/__init__.py", "from avio.db import leases"),
    Plant("face", "avio/commands/__init__.py", "import avio.config"),
    Plant("face", "avio/client/transport.py", "import orjson"),
    Plant("face", "avio/terminal/cells.py", "import pydantic"),
    Plant("gate", "avio/gate/pods.py", "import avio.config"),
    Plant("gate", "avio/gate/waits.py", "import redis"),
    Plant("kubernetes", "avio/gate/waits.py", "import kr8s"),
    Plant("kubernetes", "avio/admin/probe.py", "import httpx"),
    Plant("admin-door", "avio/admin/__init__.py", "import avio.config"),
    Plant("admin-door", "avio/lazygroup.py", "import pydantic"),
    Plant("rules-first", "avio/api/cache.py", "from avio.db import orders"),
    Plant("rules-first", "avio/api/tasks.py", "from avio.engines import base"),
    Plant("rules-first", "avio/admin/jobs.py", "from avio.db import history"),
    Plant("one-way", "avio/clock.py", "import supervisor.shared.spool"),
    Plant("no-database", "avio/executor/run.py", "from avio.db import leases"),
    Plant("no-database", "avio/engines/base.py", "import peewee"),
    Plant("no-database", "avio/engines/local/engine.py", "import avio.queue"),
    Plant("no-database", "supervisor/keeper/keeper.py", "import rq"),
    Plant("no-database", "supervisor/child/entrypoint.py", "import flask"),
    Plant("no-database", "supervisor/shared/spool.py", "import psycopg2"),
    Plant("alluxio-rooms", "avio/engines/alluxio/clients/master.py", "from avio.engines.alluxio.view import roster"),
    Plant("alluxio-rooms", "avio/engines/alluxio/view/roster.py", "from avio.engines.alluxio.load import carrier"),
    Plant("alluxio-rooms", "avio/engines/alluxio/save/save.py", "from avio.engines.alluxio.load import carrier"),
    Plant("alluxio-rooms", "avio/engines/alluxio/load/preload.py", "from avio.engines.alluxio import ways"),
    Plant("supervisor-rooms", "supervisor/keeper/keeper.py", "from supervisor.intake import intake"),
    Plant("supervisor-rooms", "supervisor/intake/slots.py", "from supervisor.keeper import keeper"),
    Plant("supervisor-rooms", "supervisor/child/entrypoint.py", "from supervisor.intake import intake"),
    Plant("supervisor-rooms", "supervisor/shared/spool.py", "from supervisor.child import entrypoint"),
    Plant("movers-serve-any-engine", "avio/engines/movers/pool.py", "from avio.engines.local import placed"),
    Plant("intake-forks-nothing", "supervisor/intake/slots.py", "from supervisor.child import entrypoint"),
]


def lint_imports(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the linter of import contracts in a checkout, or in a copy of one."""
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([linter, *options], cwd=directory, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the contracts are about."""
    copied = tmp_path_factory.mktemp("house")
    for name in ("avio", "supervisor"):
        shutil.copytree(ROOT / name, copied / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copied)
    return copied


@pytest.fixture
def planted(copy: Path, plant: Plant) -> Iterator[Path]:
    """The copy with one import more, as long as a test lasts."""
    file = copy / plant.file
    before = file.read_text()
    file.write_text(f"{before}\n{plant.line}\n")
    yield copy
    file.write_text(before)


def test_every_room_imports_only_from_below() -> None:
    run = lint_imports(ROOT, "--no-cache")

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.contract}: {plant.file}")
def test_a_forbidden_import_breaks_its_contract(planted: Path, plant: Plant) -> None:
    run = lint_imports(planted, "--contract", plant.contract)

    assert run.returncode == 1, run.stdout + run.stderr
    assert f"{CONTRACTS[plant.contract]} BROKEN" in run.stdout
    assert plant.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") in run.stdout


def test_every_contract_is_shown_to_go_red() -> None:
    assert {plant.contract for plant in PLANTS} == CONTRACTS.keys()


@pytest.mark.parametrize("room", ["avio/engines/alluxio", "supervisor"])
def test_a_room_without_a_floor_breaks_the_contract(copy: Path, room: str) -> None:
    stray = copy / room / "stray.py"
    stray.write_text('"""Has no floor."""\n')
    try:
        run = lint_imports(copy)
    finally:
        stray.unlink()

    assert run.returncode == 1
    assert "stray" in run.stdout
