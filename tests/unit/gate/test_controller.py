"""The rules of avio-gate, on a cluster in memory and an avio that a test plays.

The same cluster is real in tests/kubernetes, where its API server can be built.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from avio.client import Client, ClientError
from avio.client.errors import ApiError
from avio.client.shapes import WaitInfo
from avio.gate import controller as controllers
from avio.gate import notes, waits
from avio.gate.account import Account
from avio.gate.controller import Controller
from avio.gate.pods import GATE
from tests.unit.gate.fake_pods import FakePods

LIMIT = 5.0


class Avio(Account):
    """An avio: `cached` has the paths that are; `asked` each wait that began, `errors` what is raised first."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", Path("/no"), Path("/no"))
        self.cached: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.errors: list[ClientError] = []
        self.tokens = 0
        self.at_once = self.most = 0
        self.lock = threading.Lock()

    def _log_in(self) -> str:
        self.tokens += 1
        return f"token-{self.tokens}"

    def ask(self, client: Client, path: str, until: str, no_news: Callable[[ClientError], None]) -> Iterator[WaitInfo]:
        self.asked.append((path, until))
        while True:
            if self.errors:
                raise self.errors.pop()
            with self.lock:
                self.at_once += 1
                self.most = max(self.most, self.at_once)
            time.sleep(0.002)
            with self.lock:
                self.at_once -= 1
            met = path in self.cached
            entry = {"files": 12, "filesCached": 12 if met else 3, "cachedPercent": 100.0 if met else 25.0}
            told = {"path": path, "until": until, "met": met, "unmet": [] if met else [until], "lookTime": "then"}
            yield cast(WaitInfo, {**told, "entry": entry})


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in [
        (controllers, "RETRY_SECONDS"),
        (notes, "PAUSE_SECONDS"),
        (notes, "AGAIN_SECONDS"),
        (waits, "SOON_SECONDS"),
        (waits, "LATER_SECONDS"),
        (waits, "TURN_SECONDS"),
    ]:
        monkeypatch.setattr(module, name, 0.01)


@asynccontextmanager
async def gate(pods: FakePods, avio: Avio, at_once: int = 4) -> AsyncIterator[Controller]:
    """Run an avio-gate for a block; afterwards it is gone like one that was killed."""
    controller = Controller(pods, avio, at_once=at_once, asker=avio.ask)
    task = asyncio.create_task(controller.run())
    try:
        yield controller
    finally:
        task.cancel()
        for each in list(controller._tasks):
            each.cancel()
        for wait in list(controller._waits.values()):
            wait.pods.clear()
        await asyncio.gather(task, *controller._tasks, return_exceptions=True)
        controller._threads.shutdown()


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.002)


async def settled() -> None:
    """Let everything go round some times."""
    await asyncio.sleep(0.05)


def api_error(status: int, reason: str, detail: str = "no") -> ApiError:
    return ApiError({"status": status, "reason": reason, "detail": detail, "title": "t"})


def test_a_pod_is_freed_once_its_path_is_cached_and_not_before() -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        pods.add("a", gates=("other", GATE))
        async with gate(pods, avio):
            await until(lambda: "25% cached, 3 of 12 files" in pods.note_of("a"))
            assert pods.note_of("a") == "waiting: not yet cached; 25% cached, 3 of 12 files"
            assert pods.gates("a") == ["other", GATE]

            avio.cached.add("/data")
            await until(lambda: pods.gates("a") == ["other"])
            assert pods.note_of("a") == "freed: /data met cached at then"

    asyncio.run(scene())


def test_many_pods_of_one_path_ask_once_also_those_that_come_later() -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        for number in range(50):
            pods.add(f"old-{number}")
        async with gate(pods, avio):
            await until(lambda: bool(avio.asked))
            for number in range(50):
                pods.add(f"new-{number}", until="cached")
            pods.add("other", until="cached>=10%")
            await until(lambda: len(avio.asked) == 2)
            avio.cached.add("/data")
            await until(lambda: all(not pods.gates(name) for name in list(pods._pods)))

        assert sorted(set(avio.asked)) == [("/data", "cached"), ("/data", "cached>=10%")]
        assert avio.asked.count(("/data", "cached")) <= 3, "again only for pods that changed while they were freed"

    asyncio.run(scene())


def test_an_invalid_pod_says_so_and_waits_for_its_correction() -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        avio.cached.add("/data")
        pods.add("a", until="cached>=95")
        async with gate(pods, avio):
            await until(lambda: pods.note_of("a").startswith("invalid: the annotation avio.io/until '95' has no unit"))
            assert avio.asked == []
            pods.annotate("a", until="cached>=95%")
            await until(lambda: not pods.gates("a"))

    asyncio.run(scene())


def test_a_pod_that_asks_for_another_path_is_not_freed_by_the_first() -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        pods.add("a", path="/one")
        async with gate(pods, avio) as controller:
            await until(lambda: ("/one", "cached") in avio.asked)
            pods.annotate("a", path="/two")
            avio.cached.add("/one")
            await until(lambda: ("/two", "cached") in avio.asked)
            await until(lambda: [ask.path for ask in controller._waits] == ["/two"])
            await settled()
            assert pods.gates("a") == [GATE]

    asyncio.run(scene())


def test_a_change_that_nobody_has_told_yet_keeps_a_pod_from_being_freed() -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        pods.add("a", path="/one")
        async with gate(pods, avio) as controller:
            await until(lambda: ("/one", "cached") in avio.asked)
            await until(lambda: pods.note_of("a") != "")
            await settled()
            pods._pods["a"]["metadata"]["annotations"]["avio.io/path"] = "/two"
            pods._pods["a"]["metadata"]["resourceVersion"] = "1000"  # no event
            avio.cached.add("/one")
            await settled()
            assert pods.gates("a") == [GATE]
            assert controller.not_ready == ""

    asyncio.run(scene())


def test_a_pod_that_is_gone_ends_its_wait() -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        pods.add("a")
        async with gate(pods, avio) as controller:
            await until(lambda: bool(avio.asked))
            pods.delete("a")
            await until(lambda: not controller._waits)

    asyncio.run(scene())


def test_a_gate_that_was_killed_goes_on_where_it_was_and_repeats_no_note() -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        pods.add("a")
        async with gate(pods, avio):
            await until(lambda: pods.note_of("a") != "")
        written = pods.patches["a"]
        async with gate(pods, avio):
            await until(lambda: len(avio.asked) > 1)
            await settled()
            assert pods.patches["a"] == written
            avio.cached.add("/data")
            await until(lambda: not pods.gates("a"))

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            api_error(503, "UNAVAILABLE", "the database is unavailable"),
            "waiting: the database is unavailable (UNAVAILABLE)",
        ),
        (api_error(404, "NO_MOUNT", "/data is in no mount"), "invalid: /data is in no mount (NO_MOUNT)"),
        (api_error(403, "FORBIDDEN", "not yours"), "waiting: not yours (FORBIDDEN)"),
    ],
)
def test_an_error_of_avio_is_said_and_asked_about_again(error: ApiError, said: str) -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        notes_seen: list[str] = []
        avio.errors = [error] * 200
        pods.add("a")
        async with gate(pods, avio):
            await until(lambda: notes_seen.append(pods.note_of("a")) or pods.note_of("a").startswith(said))
            avio.errors.clear()
            avio.cached.add("/data")
            await until(lambda: not pods.gates("a"))

    asyncio.run(scene())


def test_a_token_that_has_ended_is_replaced_without_a_word() -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        avio.errors = [api_error(401, "UNAUTHORIZED")]
        avio.cached.add("/data")
        pods.add("a")
        async with gate(pods, avio):
            await until(lambda: not pods.gates("a"))
        assert avio.tokens == 2
        assert pods.patches["a"] == 1

    asyncio.run(scene())


def test_no_more_paths_are_asked_for_at_once_than_allowed_and_all_have_their_turn() -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        for number in range(20):
            pods.add(f"p{number}", path=f"/d{number}")
        async with gate(pods, avio, at_once=3):
            await until(lambda: len(set(avio.asked)) == 20)
            avio.cached |= {f"/d{number}" for number in range(20)}
            await until(lambda: all(not pods.gates(f"p{number}") for number in range(20)))
        assert avio.most <= 3

    asyncio.run(scene())


def test_a_cluster_that_does_not_answer_is_listed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        pods, avio = FakePods(), Avio()
        pods.failing = OSError("no route")
        avio.cached.add("/data")
        pods.add("a")
        async with gate(pods, avio) as controller:
            await until(lambda: pods.lists > 2)
            assert controller.not_ready == "the pods can't be listed: see the log"
            pods.failing = None
            await until(lambda: not pods.gates("a"))
            assert controller.not_ready == ""

    asyncio.run(scene())


def test_a_pod_is_told_at_once_and_then_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        monkeypatch.setattr(notes, "AGAIN_SECONDS", 60.0)
        pods, avio = FakePods(), Avio()
        avio.errors = [api_error(503, "UNAVAILABLE", f"trouble {number}") for number in range(50)]
        pods.add("a")
        async with gate(pods, avio):
            await until(lambda: not avio.errors)
            await settled()
            assert pods.patches["a"] == 1
            avio.cached.add("/data")
            await until(lambda: not pods.gates("a"))

    asyncio.run(scene())
