"""What `make chaos` says of a second supervisor of one name."""

from pathlib import Path

import pytest

from chaos.twins import PATIENCE, judged, shared
from chaos.world import TIMES

LEFT = "this supervisor leaves: another supervisor is registered as node n1 (on a machine with boot id 1)"


@pytest.mark.parametrize(
    ("code", "said", "wrong"),
    [
        (1, LEFT, []),
        (0, LEFT, ["the second supervisor of n1 left with 0"]),
        (1, "killed", ["the second supervisor of n1 did not say why it left"]),
        (None, LEFT, ["the second supervisor of n1 did not leave"]),
    ],
)
def test_it_must_leave_by_itself_and_say_why(tmp_path: Path, code: int | None, said: str, wrong: list[str]) -> None:
    log = tmp_path / "twin.log"
    log.write_text(said)
    assert judged("n1", code, log) == wrong


def test_a_name_that_two_or_none_had_is_found() -> None:
    assert shared({"n1": 1, "n2": 1}) == []
    assert shared({"n1": 0, "n2": 2}) == ["0 supervisors were registered as n1", "2 supervisors were registered as n2"]


def test_it_gives_up_before_a_lease_of_the_first_ends() -> None:
    assert float(PATIENCE["lease"]) + float(PATIENCE["grace"]) < float(TIMES["lease"])
