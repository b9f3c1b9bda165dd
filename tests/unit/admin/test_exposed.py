"""`avio-server up` says when others on the network can read what crosses it."""

import pytest

from avio.admin.up import print_exposed


@pytest.mark.parametrize(
    ("host", "warns"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("web.example", True),
    ],
)
def test_plain_http_beyond_this_machine_is_told(host: str, warns: bool, capsys: pytest.CaptureFixture[str]) -> None:
    print_exposed(host)
    told = capsys.readouterr().err
    assert ("plain HTTP" in told) is warns
    assert ("TLS" in told) is warns
