"""Hashing runs in few threads, which give way to all others."""

import os
import threading
from collections.abc import Iterator

import argon2
import pytest
from argon2.exceptions import VerifyMismatchError

from avio import passwords
from avio.errors import TooMany


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """The threads that hash go last: beside other work a hash takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "WAIT_SECONDS", 60)
        yield


def test_hashing_gives_way_to_the_other_threads() -> None:
    found: list[tuple[int, str]] = []

    def look() -> bool:
        thread = threading.get_native_id()
        found.append((os.getpriority(os.PRIO_PROCESS, thread), threading.current_thread().name))
        return True

    assert passwords._hashed(look)
    [(niceness, name)] = found
    assert niceness == min(19, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) + passwords.NICENESS)
    assert name.startswith("password")


def test_a_turn_that_does_not_come_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.1)
    go_on = threading.Event()
    waiting = [passwords._pool.submit(go_on.wait, 10) for _ in range(passwords.MAX_HASHES)]
    with pytest.raises(TooMany):
        passwords.hash_password("correct horse")
    go_on.set()
    assert all(each.result() for each in waiting)
    monkeypatch.undo()
    assert passwords.verify_password("x" * 8, passwords.hash_password("x" * 8))


def test_an_unknown_user_costs_the_same_work_and_has_no_password() -> None:
    made = passwords.hash_password("correct horse")

    assert argon2.extract_parameters(passwords._NOBODY) == argon2.extract_parameters(made)
    assert len(passwords._NOBODY) == len(made)
    with pytest.raises(VerifyMismatchError):  # an answer after all the work, unlike InvalidHashError
        passwords._hasher.verify(passwords._NOBODY, "correct horse")
    assert not passwords.verify_password("correct horse", None)
