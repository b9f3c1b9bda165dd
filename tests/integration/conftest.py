"""Passwords cost next to nothing here: what a hash of the product costs is no question of these tests."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from avio import passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOBODY = CHEAP.hash("nobody has this password")


@pytest.fixture(scope="module", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """Hash in a moment, and wait for it as long as a busy machine needs: the threads that hash go last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP)
        patch.setattr(passwords, "_NOBODY", NOBODY)
        patch.setattr(passwords, "WAIT_SECONDS", 60)
        yield
