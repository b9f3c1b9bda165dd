"""An answer is looked for by one at a time, and given to all."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from avio.rules.fresh import Fresh


def test_many_ask_and_one_looks() -> None:
    looks: list[float] = []

    def look() -> int:
        looks.append(time.monotonic())
        time.sleep(0.1)
        return len(looks)

    fresh = Fresh(look, 60)
    with ThreadPoolExecutor(20) as pool:
        assert {future.result() for future in [pool.submit(fresh.get) for _ in range(20)]} == {1}
    assert len(looks) == 1


def test_an_old_answer_is_looked_for_again() -> None:
    numbers = iter(range(100))
    fresh = Fresh(lambda: next(numbers), 0)
    assert [fresh.get(), fresh.get()] == [0, 1]


def test_while_one_looks_the_others_have_the_answer_before() -> None:
    hangs, begun = threading.Event(), threading.Event()
    numbers = iter(range(100))

    def look() -> int:
        number = next(numbers)
        if number:
            begun.set()
            hangs.wait(10)
        return number

    fresh = Fresh(look, 0)
    assert fresh.get() == 0
    thread = threading.Thread(target=fresh.get)
    thread.start()
    assert begun.wait(10)
    assert fresh.get() == 0
    hangs.set()
    thread.join()
    assert fresh.get() == 2
