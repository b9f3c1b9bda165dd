"""How long `up` waits for its processes: histories of readiness and ends, on a clock of the test."""

from collections.abc import Callable

from avio.admin.process_manager import MANY_ENDS, ProcessManager
from avio.admin.readiness import Readiness
from avio.admin.ready_wait import ENGINE_SECONDS, LIMIT_SECONDS, TELL_SECONDS, wait_until_ready

UNREADY = Readiness("web is unavailable (no connection)")


class LivingProcess:
    """Runs for `seconds` of the clock."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock, self._end = clock, clock() + seconds

    def poll(self) -> int | None:
        return 1 if self._clock() >= self._end else None

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class Wait:
    """A wait for a `web` whose runs last `seconds`, and which answers by `ready`, from the time since the begin."""

    def __init__(self, ready: Callable[[float], Readiness], *, seconds: float = float("inf")) -> None:
        self.time = 0.0
        self.said: list[str] = []
        manager = ProcessManager(
            ["web"],
            lambda _: LivingProcess(self.clock, seconds),
            say=lambda _: None,
            clock=self.clock,
        )
        self.found = wait_until_ready(
            manager, lambda: ready(self.time), lambda: False, self.said.append, clock=self.clock, sleep=self.sleep
        )

    def clock(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_processes_that_live_are_waited_for_and_what_is_missing_is_told() -> None:
    wait = Wait(lambda time: Readiness(None) if time > 3.5 * TELL_SECONDS else UNREADY)

    assert wait.found == Readiness(None)
    assert [line.partition(":")[0] for line in wait.said] == [
        f"not ready after {turn * TELL_SECONDS:.0f} s, waiting" for turn in (1, 2, 3)
    ]
    assert wait.said[0].endswith(": web is unavailable (no connection)")


def test_the_wait_has_an_end() -> None:
    wait = Wait(lambda _: UNREADY)

    assert wait.found == Readiness(f"after {LIMIT_SECONDS:.0f} s: {UNREADY.unready}")


def test_a_process_that_keeps_ending_at_once_is_given_up_when_it_is_first_told() -> None:
    wait = Wait(lambda _: UNREADY, seconds=0.5)

    assert wait.found.unready == f"after {TELL_SECONDS:.0f} s: {UNREADY.unready}; web keeps ending"
    assert wait.said == []


def test_a_process_that_needs_long_to_fail_has_as_many_tries() -> None:
    wait = Wait(lambda _: UNREADY, seconds=23)

    assert wait.found.unready is not None
    assert wait.found.unready.endswith("web keeps ending")
    assert MANY_ENDS * 23 <= wait.time < MANY_ENDS * 33


def test_the_engine_has_its_seconds_on_a_slow_machine_too() -> None:
    late = TELL_SECONDS + 5
    wait = Wait(lambda time: Readiness(None, "no answer from mount /b") if time > late else UNREADY)

    assert wait.found == Readiness(None, "no answer from mount /b")
    assert late + ENGINE_SECONDS <= wait.time < late + ENGINE_SECONDS + 1
