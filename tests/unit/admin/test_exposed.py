"""What `avio-server up` warns of: others on the network that can read what crosses it, and what the engine lacks."""

from pathlib import Path

import pytest

from avio.admin.home import Home
from avio.admin.up import print_exposed, print_missing


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


def test_each_part_that_the_engine_lacks_has_a_line_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_missing("", Home(tmp_path))
    assert capsys.readouterr().err == ""

    print_missing("mount /a: no such bucket; create it\nno answer from mount /b", Home(tmp_path / "my home"))

    first, second, last = capsys.readouterr().err.splitlines()
    assert first == "warning: mount /a: no such bucket; create it"
    assert second == "warning: no answer from mount /b"
    assert last.endswith(f"avio-server check --home '{tmp_path}/my home'")
