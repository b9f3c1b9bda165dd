"""The manager over the processes: histories of starts and ends, told to it without a real process."""

import signal

import pytest

from avio.admin.process_manager import LONGEST_DELAY_SECONDS, SETTLED_SECONDS, STEADY_SECONDS, ProcessManager, describe


class FakeProcess:
    """Runs until the test sets `code`; ends at TERM unless it is `stubborn`."""

    def __init__(self, name: str, events: list[str], *, stubborn: bool = False) -> None:
        self.name, self.events, self.stubborn = name, events, stubborn
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.events.append(f"TERM {self.name}")
        if not self.stubborn:
            self.code = -signal.SIGTERM

    def kill(self) -> None:
        self.events.append(f"KILL group of {self.name}")
        self.code = self.code if self.code is not None else -signal.SIGKILL


class Scene:
    """A manager with a clock that only the test and its own sleeps move."""

    def __init__(self, *names: str, stubborn: tuple[str, ...] = (), why: dict[str, str] | None = None) -> None:
        self.why = why or {}
        self.time = 1000.0
        self.events: list[str] = []
        self.said: list[str] = []
        self.running: dict[str, FakeProcess] = {}
        self.refuse_to_start = False
        self.stubborn = stubborn
        self.manager = ProcessManager(
            names,
            self.start,
            say=self.said.append,
            why=lambda name: self.why.get(name, ""),
            clock=lambda: self.time,
            sleep=self.pass_time,
        )

    def start(self, name: str) -> FakeProcess:
        if self.refuse_to_start:
            raise OSError("no more processes")
        self.events.append(f"start {name}")
        self.running[name] = FakeProcess(name, self.events, stubborn=name in self.stubborn)
        return self.running[name]

    def pass_time(self, seconds: float) -> None:
        self.time += seconds

    def starts(self, name: str) -> int:
        return self.events.count(f"start {name}")

    def delay_until_started_again(self, name: str) -> float:
        """End `name` by exit 1, and return how long it takes until it is started again."""
        before, ended = self.starts(name), self.time
        self.running[name].code = 1
        while self.starts(name) == before:
            self.manager.check()
            self.pass_time(0.05)
            assert self.time < ended + 60, f"{name} was not started again"
        return self.time - ended


def test_processes_start_in_the_reverse_of_the_order_of_stopping() -> None:
    scene = Scene("web", "supervisor", "valkey")

    scene.manager.check()

    assert scene.events == ["start valkey", "start supervisor", "start web"]


def test_a_process_counts_as_there_once_it_has_been_up_for_a_moment() -> None:
    scene = Scene("web", "valkey")
    scene.manager.check()
    assert scene.manager.unstable() == ["web", "valkey"]

    scene.pass_time(SETTLED_SECONDS)
    assert scene.manager.unstable() == []


def test_a_process_that_ended_is_started_again_after_a_delay_that_doubles_up_to_the_longest() -> None:
    scene = Scene("web")
    scene.manager.check()

    delays = [scene.delay_until_started_again("web") for _ in range(9)]

    expected = [min(0.2 * 2**turn, LONGEST_DELAY_SECONDS) for turn in range(9)]
    assert delays == pytest.approx(expected, abs=0.11)


def test_the_delay_is_short_again_after_the_process_was_up_for_a_while() -> None:
    scene = Scene("web")
    scene.manager.check()
    for _ in range(5):
        scene.delay_until_started_again("web")

    scene.pass_time(STEADY_SECONDS)

    assert scene.delay_until_started_again("web") == pytest.approx(0.2, abs=0.11)


def test_an_end_is_said_once_with_its_cause_and_the_delay() -> None:
    scene = Scene("web", "aggregator")
    scene.manager.check()
    scene.pass_time(SETTLED_SECONDS)

    scene.running["aggregator"].code = -signal.SIGKILL
    scene.manager.check()
    scene.manager.check()

    assert scene.said == ["aggregator ended (SIGKILL); restarting it in 0.2 s"]
    assert scene.manager.unstable() == ["aggregator"]


def test_an_end_is_said_with_the_error_that_the_process_wrote_last() -> None:
    scene = Scene("web", why={"web": "error: job_user: no such user"})
    scene.manager.check()

    scene.running["web"].code = 2
    scene.manager.check()

    assert scene.said == ["web ended (exit 2); restarting it in 0.2 s\n  error: job_user: no such user"]


def test_an_error_is_said_again_only_after_another_one() -> None:
    scene = Scene("web", why={"web": "error: a"})
    scene.manager.check()
    for error in ("error: a", "error: a", "error: b"):
        scene.why["web"] = error
        scene.delay_until_started_again("web")

    assert [line.partition("\n")[2] for line in scene.said] == ["  error: a", "", "  error: b"]


def test_a_process_that_cannot_be_started_is_tried_again_later() -> None:
    scene = Scene("web")
    scene.refuse_to_start = True
    scene.manager.check()
    assert scene.said == ["web did not start (no more processes); restarting it in 0.2 s"]

    scene.refuse_to_start = False
    scene.pass_time(0.3)
    scene.manager.check()

    assert scene.starts("web") == 1


def test_stopping_ends_one_process_after_the_other_and_clears_its_group() -> None:
    scene = Scene("web", "valkey")
    scene.manager.check()

    scene.manager.stop(10, hurried=lambda: False)

    assert scene.events[2:] == ["TERM web", "KILL group of web", "TERM valkey", "KILL group of valkey"]
    assert scene.said == []


def test_a_process_that_does_not_stop_in_time_is_killed_and_the_next_still_has_its_full_time() -> None:
    scene = Scene("web", "supervisor", stubborn=("web", "supervisor"))
    scene.manager.check()
    began = scene.time

    scene.manager.stop(10, hurried=lambda: False)

    assert scene.time - began == pytest.approx(20, abs=0.5)
    assert scene.said == ["web did not stop within 10 s: killed", "supervisor did not stop within 10 s: killed"]


def test_a_hurry_kills_everything_at_once() -> None:
    scene = Scene("web", "supervisor", stubborn=("web", "supervisor"))
    scene.manager.check()
    began = scene.time

    scene.manager.stop(10, hurried=lambda: True)

    assert scene.time == began
    assert "KILL group of web" in scene.events
    assert "KILL group of supervisor" in scene.events


def test_a_process_that_is_away_is_not_asked_to_stop() -> None:
    scene = Scene("web", "supervisor")
    scene.manager.check()
    scene.running["web"].code = 1
    scene.manager.check()

    scene.manager.stop(10, hurried=lambda: False)

    assert "TERM web" not in scene.events
    assert "TERM supervisor" in scene.events


@pytest.mark.parametrize(("code", "words"), [(0, "exit 0"), (3, "exit 3"), (-9, "SIGKILL"), (-15, "SIGTERM")])
def test_an_exit_code_is_said_in_words(code: int, words: str) -> None:
    assert describe(code) == words
