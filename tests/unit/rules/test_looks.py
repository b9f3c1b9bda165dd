"""Looks at paths: one serves all waiters, its answer stands longer the more it costs, and few run at once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from avio.engines.base import Entry, EntryState
from avio.errors import EngineAway
from avio.rules import looks
from avio.rules.looks import Looks

LIMIT = 10.0


class Store:
    """A store whose answers wait until they may go. Counts the looks, and how many are at once."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.asked: list[str] = []
        self.error: Exception | None = None

    def stat(self, path: str) -> Entry:
        self.asked.append(path)
        assert self.answers.wait(LIMIT)
        if self.error is not None:
            raise self.error
        return Entry(path, "file", 1, 0.0, EntryState.CACHED)


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()
    yield made
    made.answers.set()


@pytest.fixture
def served(store: Store) -> Looks:
    return Looks(store.stat, lambda path: path.split("/")[1])


@contextmanager
def waiters(number: int, wait: Callable[[], object]) -> Iterator[list[object]]:
    """Let so many threads wait; their answers are there after the block."""
    answers: list[object] = []
    with ThreadPoolExecutor(number) as pool:
        begun = [pool.submit(wait) for _ in range(number)]
        yield answers
        answers += [each.result(LIMIT) for each in begun]


def test_all_waiters_of_a_path_share_one_look(store: Store, served: Looks) -> None:
    store.answers.clear()
    with waiters(20, lambda: served.newest("/a/x", after=-1, patience=LIMIT)) as answers:
        time.sleep(0.1)
        store.answers.set()

    assert store.asked == ["/a/x"]
    assert len(answers) == 20
    assert len(set(map(id, answers))) == 1
    assert served.newest("/a/x", after=-1, patience=0) is answers[0]


def test_a_waiter_gets_no_answer_twice_and_none_after_its_patience(store: Store, served: Looks) -> None:
    first = served.newest("/a/x", after=-1, patience=LIMIT)
    assert first is not None

    began = time.monotonic()
    assert served.newest("/a/x", after=first.number, patience=0.2) is None
    assert 0.2 <= time.monotonic() - began < LIMIT
    assert len(store.asked) == 1


def test_a_look_is_due_again_after_a_pause_and_its_old_answer_counts_no_longer(
    store: Store, served: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "LEAST_PAUSE_SECONDS", 0.05)
    first = served.newest("/a/x", after=-1, patience=LIMIT)
    time.sleep(0.06)
    store.answers.clear()

    assert served.newest("/a/x", after=-1, patience=0.05) is None  # that of before is too old
    store.answers.set()
    second = served.newest("/a/x", after=-1, patience=LIMIT)
    assert first is not None
    assert second is not None
    assert second.number > first.number
    assert len(store.asked) == 2


def test_the_pause_grows_with_what_a_look_takes(store: Store, served: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LEAST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(looks, "PAUSE_FACTOR", 100.0)
    store.answers.clear()
    assert served.newest("/a/x", after=-1, patience=0.1) is None
    store.answers.set()
    first = served.newest("/a/x", after=-1, patience=LIMIT)
    assert first is not None

    assert served.newest("/a/x", after=first.number, patience=0.2) is None
    assert len(store.asked) == 1


def test_a_store_has_few_looks_at_once_and_another_store_goes_on(store: Store, served: Looks) -> None:
    store.answers.clear()
    for number in range(2 * looks.STORE_LOOKS):
        assert served.newest(f"/a/{number}", after=-1, patience=0) is None
    assert served.newest("/b/x", after=-1, patience=0) is None
    deadline = time.monotonic() + LIMIT
    while "/b/x" not in store.asked and time.monotonic() < deadline:
        time.sleep(0.01)

    assert sorted(store.asked) == [*(f"/a/{number}" for number in range(looks.STORE_LOOKS)), "/b/x"]
    store.answers.set()
    while (look := served.newest("/a/7", after=-1, patience=0.1)) is None and time.monotonic() < deadline:
        pass
    assert look is not None


def test_an_error_is_the_answer_of_a_look(store: Store, served: Looks) -> None:
    store.error = EngineAway("no answer")
    look = served.newest("/a/x", after=-1, patience=LIMIT)

    assert look is not None
    assert (look.entry, look.error) == (None, store.error)


def test_paths_that_nobody_waits_for_are_forgotten(
    store: Store, served: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "PATHS_MAX", 8)
    for number in range(50):
        assert served.newest(f"/a/{number}", after=-1, patience=LIMIT) is not None

    assert len(served._watched) <= 8
    assert served.newest("/a/49", after=-1, patience=0) is not None
