"""A size of any length is read exactly, or refused in words of avio."""

import click
import pytest

from avio.terminal.numbers import ByteNumber
from avio.terminal.quantities import Size
from avio.wire.digits import number, whole
from avio.wire.sizes import LARGEST, size_of


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0.5KiB", 512),
        ("4.35KB", 4350),
        ("9223372036854775807", LARGEST),
        ("0" * 400 + "7", 7),
        ("1." + "0" * 5000 + "KiB", 1024),
        ("7.99EiB", 799 * (1 << 60) // 100),
    ],
)
def test_a_size_is_read_exactly(text: str, size: int) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize("digits", [20, 31, 400, 5000])
@pytest.mark.parametrize("end", ["", ".5", "KiB", ".5EiB"])
def test_an_endless_size_is_too_large_in_a_short_message(digits: int, end: str) -> None:
    for kind in (ByteNumber(0, LARGEST), Size()):
        with pytest.raises(click.BadParameter, match="too large: a size is below 8 EiB") as refused:
            kind.convert("9" * digits + end, None, None)
        assert len(refused.value.message) < 150


def test_an_endless_integer_of_a_file_is_too_large() -> None:
    with pytest.raises(ValueError, match="the number is too large: a size is below 8 EiB"):
        size_of(10**5000)


@pytest.mark.parametrize("text", ["9" * 31, "9" * 5000, "0." + "9" * 31, "1e9999"])
def test_a_number_of_too_many_digits_is_called_so(text: str) -> None:
    with pytest.raises(ValueError, match="too many digits") as refused:
        number(text) if {".", "e"} & set(text) else whole(text)
    assert len(str(refused.value)) < 150
