"""How a value looks to people: sizes, percentages, times, names. What is not known is `-` or `?`, never 0."""

from collections.abc import Callable
from datetime import datetime

UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
NOTHING = "-"
UNKNOWN = "?"


def printable(value: object) -> str:
    r"""Return a value as text, with control characters, invisible ones and line breaks written as escapes.

    Of two digits (`\xff`) is a control character of ASCII or a byte that is not UTF-8.
    """
    text = value if isinstance(value, str) else str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(ord(c)) for c in text)


def _escape(number: int) -> str:
    """Return the escape of a character, or of a byte that is not UTF-8."""
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return f"\\u{number:04x}" if 0x80 <= number <= 0xFF else chr(number).encode("unicode_escape").decode()


def size(number: float | None) -> str:
    """Return bytes as `17 B`, `4.2 KiB`, `142 MiB`; `-` for None."""
    if number is None:
        return NOTHING
    unit = "B"
    for larger in UNITS:
        if number < 1023.5:
            break
        number, unit = number / 1024, larger
    return f"{number:.0f} {unit}" if unit == "B" or number >= 9.95 else f"{number:.1f} {unit}"


def percent(number: float | None) -> str:
    """Return `63%`, rounded down so that 100% means all, and `<1%` where there is some; `?` for None."""
    if number is None:
        return UNKNOWN
    return "<1%" if 0 < number < 1 else f"{int(number)}%"


def moment(text: str | None) -> str:
    """Return an RFC 3339 time as `2026-05-02 11:40:05+08:00`, in this machine's zone; `-` for None.

    An invalid time is shown as it is.
    """
    return _shown_time(text, clock)


def short_moment(text: str | None) -> str:
    """Return an RFC 3339 time as `2026-05-02 11:40`, in this machine's zone, for a narrow column; `-` for None."""
    return _shown_time(text, short_clock)


def raw_moment(text: str | None) -> str:
    """Return an RFC 3339 time as one to the millisecond, in this machine's zone too; `-` for None.

    An invalid time is shown as it is.
    """
    return _shown_time(text, lambda time: time.astimezone().isoformat(timespec="milliseconds"))


def _shown_time(text: str | None, show: Callable[[datetime], str]) -> str:
    if text is None:
        return NOTHING
    try:
        return show(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return printable(text)


def clock(time: datetime) -> str:
    """Return a time as every table and message shows it: to the second, with its offset."""
    return time.astimezone().isoformat(" ", "seconds")


def short_clock(time: datetime) -> str:
    """Return a time to the minute, for a narrow column."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M")


def time_of_day(text: str | None) -> str:
    """Return an RFC 3339 time of the last hours as `11:40:05`, in this machine's zone; `-` for None."""
    return _shown_time(text, lambda time: time.astimezone().strftime("%H:%M:%S"))


def duration(seconds: float) -> str:
    """Return `49s`, `12m04s`, `3h05m`."""
    minutes, rest = divmod(int(max(0, seconds)), 60)
    if not minutes:
        return f"{rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s"


def raw(value: object) -> str:
    """Return a value as a machine reads it; `-` for none."""
    return NOTHING if value in (None, "") else printable(str(value))
