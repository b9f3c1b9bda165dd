"""The page that a job process shares with keeper."""

import os

from supervisor.shared.heartbeat import Heartbeat


def test_a_child_writes_and_its_parent_reads_even_after_its_death() -> None:
    pulse = Heartbeat()
    pid = os.fork()
    if pid == 0:
        for files in (1, 2, 3):
            pulse.beat(files)
        os._exit(0)
    os.waitpid(pid, 0)

    assert pulse.read() == (3, 3)
    pulse.close()


def test_files_in_place_never_fall_but_the_beats_go_on() -> None:
    pulse = Heartbeat()

    pulse.beat(7)
    pulse.beat(0)

    assert pulse.read() == (2, 7)
    pulse.close()
