"""No mover outlives its test."""

from collections.abc import Iterator

import pytest

from tests.unit.engines.movers.thread_movers import Fleet


@pytest.fixture(autouse=True)
def fleets() -> Iterator[None]:
    """End all movers after a test."""
    yield
    while Fleet.made:
        Fleet.made.pop().close()
