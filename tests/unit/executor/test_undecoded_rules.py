"""Rules with bytes that are not UTF-8 take and leave files by their bytes, among rules that RE2 reads."""

import os

import pytest

from avio.executor.filters import filter_of
from avio.wire.checked_params import check
from avio.wire.params import Params


@pytest.mark.parametrize(
    ("rules", "name", "taken"),
    [
        (("- %FF*",), b"\xffa", False),
        (("- %FF*",), b"\xfea", True),
        (("- %FF*",), "ÿa".encode(), True),
        (("- [!%FF]",), b"a", False),
        (("- [!%FF]",), b"\xff", True),
        (("+ a", "- %FF", "- *"), b"a", True),
        (("+ %FF", "+ a", "- *"), b"\xff", True),
        (("+ %FF", "+ a", "- *"), b"b", False),
        (("- 100%25",), b"100%", False),
    ],
)
def test_a_percent_encoded_rule_matches_bytes(rules: tuple[str, ...], name: bytes, taken: bool) -> None:
    params, wrong = check(Params(alluxio_uri="/data", filters=rules, filters_encoded=True))

    assert not wrong
    assert filter_of(params).takes_path("/data/" + os.fsdecode(name), "/data") is taken


def test_a_rule_is_checked_as_it_is_read() -> None:
    ranges = ("- [%80-%FF]",)

    assert check(Params(alluxio_uri="/a", filters=ranges, filters_encoded=True))[1] == {}
    _, wrong = check(Params(alluxio_uri="/a", filters=("- %FF[",), filters_encoded=True))
    assert wrong["filters"].startswith(r"'\xff[' has a [ without ]")
    assert "ends before it begins" in check(Params(alluxio_uri="/a", filters=ranges))[1]["filters"]
