"""The programs in Go are formatted, and `go vet` finds nothing in them."""

import pytest

from tests.servers.golang import go, unformatted

pytestmark = pytest.mark.house


def test_the_programs_are_formatted_and_vetted() -> None:
    assert unformatted() == ""
    assert go("list", "./...").splitlines() == ["avio.example/bench/s3server", "avio.example/bench/tcpdelay"]
    assert go("vet", "./...") == ""
