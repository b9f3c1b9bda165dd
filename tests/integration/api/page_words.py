"""The texts of the page as its modules have them, read without running JavaScript."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from avio.api.page.page_files import STATIC

_BUILT = re.compile(r"\bt\(`([a-z.]+)\$")
_KINDS = re.compile(r'(?:word\(|kind=)"([a-z]+)"')


def texts(language: str) -> dict[str, str]:
    """Return the texts of a language: the module is one object, written as JSON."""
    module = (STATIC / "words" / f"{language}.js").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(module[module.index("{") :].rstrip().removesuffix(";").replace(",\n}", "\n}"))
    return found


def used_keys(modules: Iterable[Path]) -> tuple[set[str], set[str]]:
    """Return the keys that modules ask for, and the beginnings of those that they put together."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in modules if path.parent.name != "words")
    choices = re.findall(r'\bt\([^()`]*\? "([^"]+)" : "([^"]+)"', text)
    exact = set(re.findall(r'\bt\("([^"]+)"', text)) | {key for pair in choices for key in pair}
    exact |= set(re.findall(r'\bend\("([^"]+)"\)', text))
    return exact, set(_BUILT.findall(text)) | {f"{kind}." for kind in _KINDS.findall(text)}
