"""The header Retry-After of a store's reply: how long it asks to be left alone.

Used in web and the job process. Pure but for the clock, which a date needs.
"""

from contextlib import suppress
from email.utils import parsedate_to_datetime

from avio.clock import now

MOST_SECONDS = 60.0  # that a store may ask for at once: it is asked again then


def retry_after(text: str) -> float:
    """Return the seconds that the header asks for, a number or a date; 0 if it is neither."""
    seconds = 0.0
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        with suppress(ValueError, OverflowError):
            seconds = parsedate_to_datetime(text).timestamp() - now()
    return min(MOST_SECONDS, max(0.0, seconds))
