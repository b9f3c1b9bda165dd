"""Text with a lone surrogate for each byte that is not UTF-8, as `os.fsdecode` gives it: how messages show it.

Runs in every process. Standard library only.
"""

import re

_LONE = re.compile("[\ud800-\udfff]")
_BYTE_IN_REPR = re.compile(r"(?<!\\)((?:\\\\)*)\\udc([89a-f][0-9a-f])")


def readable(text: str) -> str:
    r"""Return `text` as JSON and databases take it: each byte that is not UTF-8 is `\xNN`."""
    return text if text.isascii() else _LONE.sub(_escape, text)


def quoted(text: str) -> str:
    r"""Return `text` in quotes, with escapes; each byte that is not UTF-8 is `\xNN`."""
    return _BYTE_IN_REPR.sub(r"\1\\x\2", repr(text))


def described(error: Exception) -> str:
    """Return the text of an error as JSON and databases take it. That of an OSError quotes its paths."""
    text = str(error)
    return readable(_BYTE_IN_REPR.sub(r"\1\\x\2", text) if isinstance(error, OSError) else text)


def reread(text: str) -> str:
    """Return `text` as if its bytes were read as UTF-8; a locale of ASCII has a lone surrogate for each byte of `é`."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number - 0xDC00:02x}" if 0xDC80 <= number <= 0xDCFF else f"\\u{number:04x}"
