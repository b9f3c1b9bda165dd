"""A word of a suggested command is the same text again once a shell has read it."""

import os
import subprocess

import pytest

from avio.terminal.shell import shell_word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("/data/train", "/data/train"),
        ("/data/my set", "'/data/my set'"),
        ("/data/it's", "'/data/it'\"'\"'s'"),
        ("/data/é$HOME", "'/data/é$HOME'"),
        ("/data/a\nb", r"$'/data/a\x0ab'"),
        ("/data/\udcff 1", r"$'/data/\xff 1'"),
        ("/data/\udcff'\\x41", r"$'/data/\xff\'\\x41'"),
    ],
)
def test_a_shell_reads_what_was_meant(text: str, word: str) -> None:
    assert shell_word(text) == word
    said = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True).stdout
    assert said == os.fsencode(text)
