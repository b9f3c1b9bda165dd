"""The check after a save that movers share: it finds what a check without them finds, and no changed file is saved.

The movers are threads, each with an engine of its own over the same settings, as in `test_shared_work`.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avio.engines.alike import Alike
from avio.engines.base import Entry, EntryState, Moved, Side
from avio.engines.factory import open_engine
from avio.engines.local import recognition
from avio.engines.local.transfer import mover_save, sent
from avio.engines.local.transfer.saved_rows import outcome_of
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import Row
from avio.engines.movers.supply import Supply
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt
from tests.contract.engines.lying_store import Store
from tests.contract.engines.test_changed_after_publish import CHANGES
from tests.contract.engines.test_many_puts import put_many, put_old
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_shared_work import LocalMovers
from tests.unit.engines.movers.thread_movers import Fleet

pytestmark = pytest.mark.usefixtures("unmeasured")

FILES = 250  # several batches
TICK_SECONDS = 0.011  # the kernel's clock has another time then; a stamp allows for more than that


class Movers:
    """Movers that keep their engine for all tasks, and those that have a new one for each: they remember nothing."""

    def __init__(self, world: World, *, forget: bool = False) -> None:
        self._of_all = open_engine(world.settings)
        self._new = LocalMovers(world.settings)
        self.forget = forget
        self.tasks: list[str] = []
        world.engine.pool = Fleet(engine=self).pool  # type: ignore[arg-type]

    def serve(self, task: str, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
        self.tasks.append(task)
        (self._new if self.forget else self._of_all).serve(task, supply, outbox, params, run)

    def close(self) -> None:
        self._of_all.close()


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


@pytest.fixture
def movers(world: World) -> Iterator[Movers]:
    movers = Movers(world)
    yield movers
    while Fleet.made:
        Fleet.made.pop().close()
    movers.close()


def saved(world: World) -> list[Entry]:
    """Save all. Return the entries, as they were listed before.

    On a busy machine a saved copy may be marked so late that it passes for a changed one: it is compared once more.
    """
    entries = list(world.engine.walk("/data", depth=None, side=Side.SAVE))
    moved = list(world.engine.save((entry for entry in entries if not entry.saved), Params(), Attempt()))
    assert {each.outcome for each in moved} <= {Outcome.DONE, Outcome.SKIPPED}
    return entries


def checked(world: World, entries: list[Entry]) -> dict[str, Entry]:
    return {each.path: each for each in world.engine.recheck(iter(entries), Params(), Attempt(), original=True)}


def test_movers_confirm_what_they_have_sent_without_a_look_at_its_marks(
    world: World, movers: Movers, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put_many(world, FILES)
    entries = saved(world)
    looks: list[str] = []
    confirm_saved = recognition.confirm_saved

    def counted(*arguments: object) -> bool:
        looks.append("")
        return confirm_saved(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("avio.engines.local.transfer.saved_copies.confirm_saved", counted)
    store.requests.clear()

    found = checked(world, entries)

    assert {found[path].state for path in paths} == {EntryState.CACHED}
    assert movers.tasks == ["save", "confirm"]
    assert len(looks) < 20  # those that threads have uploaded, while it was unknown what the store does
    assert store.count("GET") <= 2
    store.objects.clear()  # the objects were seen: now they are deleted, and the files were saved
    assert {entry.state for entry in world.engine.walk("/data", depth=None, side=Side.CACHE)} == {EntryState.GONE}


@pytest.mark.parametrize("forget", [False, True])
def test_a_check_by_movers_finds_what_a_check_without_them_finds(world: World, movers: Movers, forget: bool) -> None:
    put_many(world, FILES)
    saved(world)
    put_many(world, 40, "more")
    entries = saved(world)
    put_old(world, "/data/many/0001.json", b"written since")
    (world.tiers[0] / "data/many/0002.json").unlink()
    movers.forget = forget

    shared = checked(world, entries)

    assert movers.tasks.count("confirm") == 1
    world.engine.pool = None
    assert shared == checked(world, entries)
    assert {entry.state for entry in shared.values()} == {EntryState.CACHED, EntryState.DIRTY, EntryState.REMOTE}


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_after_its_upload_is_not_called_saved(
    world: World, movers: Movers, change: Callable[[Path], None], shares: bool
) -> None:
    if not shares:
        world.engine.pool = None
    paths = put_many(world, 40)
    entries = saved(world)
    changed = paths[30]
    time.sleep(TICK_SECONDS)
    change(world.tiers[0] / changed[1:])

    found = checked(world, entries)

    assert found[changed].state in (EntryState.DIRTY, EntryState.CONFLICT)
    assert {found[path].state for path in paths if path != changed} == {EntryState.CACHED}


def test_an_object_that_is_not_the_bytes_that_were_sent_is_not_called_saved(
    world: World, movers: Movers, store: Store
) -> None:
    paths = put_many(world, 40)
    entries = saved(world)
    store.put("many/0030.json", b"another program's")
    del store.objects["many/0031.json"]

    found = checked(world, entries)

    assert [path for path in paths if not found[path].saved] == paths[30:32]


def test_a_copy_on_two_tiers_is_looked_at_by_the_job_process(world: World, movers: Movers) -> None:
    paths = put_many(world, 40)
    entries = saved(world)
    (world.tiers[1] / "data/many").mkdir(parents=True)
    (world.tiers[1] / paths[30][1:]).write_bytes(b"another")
    assert not checked(world, entries)[paths[30]].saved


def test_files_beyond_those_that_a_mover_remembers_are_confirmed_too(
    world: World, movers: Movers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent, "MAX_KEPT", 10)
    put_many(world, 60)
    entries = saved(world)
    assert {entry.state for entry in checked(world, entries).values()} == {EntryState.CACHED}


def test_files_without_objects_are_looked_at_a_few_at_a_time(
    world: World, movers: Movers, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avio.engines.local.transfer.shared_confirm.LISTED_FILES", 100)
    put_many(world, FILES)
    entries = saved(world)
    store.objects.clear()
    store.requests.clear()

    found = world.engine.recheck(iter(entries), Params(), Attempt(), original=True)

    first = next(found)
    assert store.count("HEAD") < FILES // 2
    rest = list(found)
    assert len(rest) == FILES - 1
    assert {entry.saved for entry in (first, *rest)} == {False}


def test_most_outcomes_and_findings_come_many_at_a_time_by_the_least_rows(
    world: World, movers: Movers, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put_many(world, FILES)
    entries = list(world.engine.walk("/data", depth=None, side=Side.SAVE))
    others: list[str] = []

    def counted(place: int, moved: Moved, uploads: list[str], remarks: list[str]) -> Row:
        others.append(moved.entry.path)
        return outcome_of(place, moved, uploads, remarks)

    monkeypatch.setattr(mover_save, "outcome_of", counted)
    moved = list(world.engine.save_runs(iter(entries), Params(), Attempt()))
    found = list(world.engine.recheck_runs(iter(entries), Params(), Attempt(), original=True))

    assert sorted(each.entry.path for run in moved for each in run) == paths
    assert others == []
    assert len(moved) < FILES // 4
    alike = [run for run in found if isinstance(run, Alike)]
    assert sum(map(len, alike)) > FILES - 20
    assert sum(run.size for run in alike) == sum(entry.size or 0 for run in alike for entry in run)
    world.engine.pool = None
    again = {each.path: each for each in world.engine.recheck(iter(entries), Params(), Attempt(), original=True)}
    assert {entry.path: entry for run in found for entry in run} == again
