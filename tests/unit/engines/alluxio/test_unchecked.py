"""A file of a cluster whose check fails after its tries is told, and the others are checked."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from avio.engines import retry
from avio.engines.alluxio.view import recheck
from avio.engines.alluxio.view.recheck import Recheck
from avio.engines.base import Entry, EntryState
from avio.engines.memory import MemoryEngine
from avio.errors import AccessDenied, Corrupt, EngineAway, EngineError
from avio.wire.params import Params

FILES = [Entry(f"/{name}", "file", 1, None, EntryState.CACHED, token="1") for name in "abc"]
RUN = SimpleNamespace(threads=2, stopping=lambda: False)


class Lookup:
    """Fails for a batch with one file that is refused."""

    def __init__(self, space: object) -> None: ...

    def statuses(self, paths: list[str]) -> dict[str, None]:
        raise AccessDenied("one of them is refused")

    def close(self) -> None: ...


def checks(error: EngineError, monkeypatch: pytest.MonkeyPatch, told: dict[str, EngineError]) -> list[Entry]:
    """Check three files, the second of which fails."""

    def look(self: Recheck, entry: Entry, status: object) -> Entry:
        if entry.path == "/b":
            raise error
        return entry

    monkeypatch.setattr(retry, "ENTRY_BACKOFF_SECONDS", 0.001)
    monkeypatch.setattr(recheck, "Lookup", Lookup)
    monkeypatch.setattr(Recheck, "_check", look)
    roster: Any = SimpleNamespace(probe=lambda: None)
    holdings: Any = SimpleNamespace(replace=lambda count: None)
    made = Recheck(cast(Any, MemoryEngine()), roster, holdings, None, Params(), cast(Any, RUN), told.__setitem__)
    return list(made.run(FILES))


@pytest.mark.parametrize("error", [Corrupt("a"), AccessDenied("b")])
def test_it_fails_alone(monkeypatch: pytest.MonkeyPatch, error: EngineError) -> None:
    told: dict[str, EngineError] = {}
    found = checks(error, monkeypatch, told)
    assert [(entry.path, entry.in_cache) for entry in found] == [("/a", True), ("/b", False), ("/c", True)]
    assert told == {"/b": error}


def test_a_cluster_that_is_away_is_an_error_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineAway):
        checks(EngineAway("no master answers"), monkeypatch, {})
