"""Contenders run in turn, and are compared round by round."""

import os
import time

from bench.data.contest import OURS, Run, contest, figures, ratios

RESULTS = {OURS: [Run(1.0, 0.5, 20), Run(2.0, 0.7, 30)], "s5cmd": [Run(3.0, 4.0)] * 2, "rclone": [Run(2.0, 1.0)] * 2}


def test_the_first_round_warms_and_each_round_has_all_contenders_in_turn() -> None:
    ran: list[str] = []

    def contender(name: str) -> Run:
        ran.append(name)
        return Run(float(len(ran)), 0.0)

    results = contest(2, {OURS: lambda: contender("a"), "peer": lambda: contender("b")})

    assert ran == ["a", "b"] * 3
    assert [run.wall for run in results[OURS]] == [3.0, 5.0]


def test_a_ratio_is_of_the_same_round_and_of_the_best_peer() -> None:
    assert ratios(RESULTS, "s5cmd") == [3.0, 1.5]
    assert ratios(RESULTS, "s5cmd", "rclone") == [2.0, 1.0]


def test_figures_have_walls_ratios_and_the_cost_of_an_object() -> None:
    found = {figure.name: figure for figure in figures("x", RESULTS, 1000, at_least={"s5cmd": 2}, cpu=0.1, requests=1)}

    assert found["x: avio, submit to checked end"].value == 1.5
    assert found["x: s5cmd / avio"].value == 2.25
    assert found["x: s5cmd / avio"].met
    assert found["x: rclone / avio"].target == ""
    assert found["x: processor time, job and movers"].value == 0.6
    assert not found["x: processor time, job and movers"].met
    assert found["x: requests an object"].value == 0.025


def test_the_work_of_the_server_bounds_the_ratio() -> None:
    results = {OURS: [Run(1.0, 0.5, served=0.4)], "s5cmd": [Run(3.0, 4.0, served=0.6)]}

    found = {figure.name: figure.value for figure in figures("x", results, 1000)}

    assert found["x: processor time, the server beside avio"] == 0.4
    assert found["x: s5cmd / the server's work on all cores"] == 3.0 * (os.cpu_count() or 1) / 0.4


def test_the_processor_time_of_a_server_is_that_of_its_runs() -> None:
    def works() -> Run:
        begin = time.process_time()
        while time.process_time() < begin + 0.1:
            pass
        return Run(1.0, 0.0)

    results = contest(1, {OURS: works}, os.getpid())

    assert results[OURS][0].served >= 0.08  # in ticks of 10 ms
