"""The stream of a save: every entry is answered for, however many there are, and the first copy goes alone."""

from collections.abc import Sequence

import pytest

from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.alluxio.save.save import FIRST_FILES, Save
from avio.engines.alluxio.save.saver import Saver
from avio.engines.base import Entry, EntryState
from avio.errors import EngineError
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt

FILES = 3 * FIRST_FILES + 5


def status(path: str, persistence: Persistence) -> Status:
    return Status(path, False, 10, True, persistence, False, 1, f"s3://bucket{path}", (), 100, 0, "", False)


class NothingFails:
    """Stands in for a job master none of whose jobs has failed."""

    def find(self, name: str, states: object) -> list[int]:
        return []


class Service(Saver):
    """Stands in for a cluster: copies a file by the second look at it. It is its own lookup."""

    name = "at once"

    def __init__(self, saved: Sequence[str] = ()) -> None:
        super().__init__(NothingFails())  # type: ignore[arg-type]
        self.begun: list[str] = []
        self.most = 0
        self._under_way: set[str] = set()
        self._saved = {*saved}

    def begin(self, path: str) -> Status:
        self.begun.append(path)
        self._under_way.add(path)
        self.most = max(self.most, len(self._under_way))
        return status(path, Persistence.NOT_PERSISTED)

    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        found: dict[str, Status | None] = {}
        for path in paths:
            if path in self._under_way:
                self._under_way.remove(path)
                self._saved.add(path)
                found[path] = status(path, Persistence.TO_BE_PERSISTED)
            else:
                found[path] = status(path, Persistence.PERSISTED if path in self._saved else Persistence.NOT_PERSISTED)
        return found

    def check(self, status: Status) -> EngineError | None:
        return None


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.engines.alluxio.save.save.POLL_SECONDS", 0.001)


def entries() -> list[Entry]:
    return [Entry(f"/f{no}", "file", 10, 0.0, EntryState.DIRTY) for no in range(FILES)]


def save(service: Service) -> dict[str, Outcome]:
    moved = list(Save(service, service, Params(), Attempt()).run(entries()))  # type: ignore[arg-type]
    assert len(moved) == FILES
    return {each.entry.path: each.outcome for each in moved}


def test_every_entry_is_saved_once() -> None:
    service = Service()

    assert save(service) == dict.fromkeys((entry.path for entry in entries()), Outcome.DONE)
    assert sorted(service.begun) == sorted(entry.path for entry in entries())
    assert 1 < service.most <= FILES


def test_what_is_saved_already_is_skipped_and_not_begun() -> None:
    service = Service(saved=[f"/f{no}" for no in range(0, FILES, 2)])

    outcomes = save(service)

    assert {path for path, outcome in outcomes.items() if outcome is Outcome.SKIPPED} == {
        f"/f{no}" for no in range(0, FILES, 2)
    }
    assert len(service.begun) == FILES // 2


def test_the_first_copy_goes_alone() -> None:
    service = Service()
    stream = Save(service, service, Params(), Attempt()).run(entries())  # type: ignore[arg-type]

    next(stream)

    assert service.begun == ["/f0"]
    assert sum(1 for _ in stream) == FILES - 1
