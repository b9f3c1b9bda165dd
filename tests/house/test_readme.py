"""README.md and README.zh.md say the same, and the terminal of their picture is the one that was recorded."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from recording.__main__ import CAST, SVG, svg
from recording.cast import load
from recording.frames import frames
from tests.e2e.readme_blocks import all_blocks
from tests.house.test_docs import rows

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))


def test_both_languages_have_the_same_blocks() -> None:
    assert all_blocks("README.md") == all_blocks("README.zh.md")
    assert {kind for kind, _ in all_blocks("README.md")} == {"sh", "toml"}


def test_both_languages_have_the_same_headings_links_and_code() -> None:
    for pattern in (r"^(#+) ", r"\]\(([^)]+)\)", r"`(--[a-z-]+|avio[a-z -]*|make[a-z -]*|AVIO_\w+)`"):
        found = [sorted(re.findall(pattern, text, re.MULTILINE)) for text in (ENGLISH, CHINESE)]
        if pattern.startswith(r"\]"):  # the Chinese page names the glossary once more, for its reader
            found[1].remove("docs/glossary.md")
        assert found[0] == found[1], pattern


@pytest.mark.parametrize("word", ["preload", "bucket", "tier", "job", "mount"])
def test_the_chinese_page_uses_the_words_of_the_glossary(word: str) -> None:
    glossary = {row[0]: row[1] for row in rows((ROOT / "docs/glossary.md").read_text(encoding="utf-8"), "word")}

    assert glossary[word].removesuffix("点") in CHINESE


def test_the_picture_is_drawn_from_the_recording() -> None:
    assert SVG.read_text(encoding="utf-8") == svg()


def test_the_picture_moves_only_for_those_who_want_motion_and_needs_nothing_else() -> None:
    text = SVG.read_text(encoding="utf-8")

    assert "@media (prefers-reduced-motion: reduce) { #film { animation: none;" in text
    assert "<script" not in text
    assert re.findall(r"(?:href|src|url)\W+(?:https?:|//)", text) == []
    assert ElementTree.fromstring(text).get("role") == "img"
    assert len(text) < 200_000


def test_the_recording_ends_with_all_files_cached() -> None:
    text = "".join(piece for _, piece in load(CAST).pieces)
    last = frames(load(CAST))[-1]

    assert "succeeded: " in text
    assert any("100%" in run.text for row in last.rows for run in row)
