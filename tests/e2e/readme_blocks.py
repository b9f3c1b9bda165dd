"""The blocks of code of README.md and README.zh.md."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def blocks(file: str, language: str = "sh") -> list[str]:
    """Return the blocks of a language, in order."""
    return [body for kind, body in all_blocks(file) if kind == language]


def all_blocks(file: str) -> list[tuple[str, str]]:
    """Return language and text of every block."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
