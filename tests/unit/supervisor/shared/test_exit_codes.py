"""What the death of a job process means, in a sentence."""

import signal

import pytest

from avio.db.ends import Cause
from supervisor.intake import end
from supervisor.shared import exit_codes
from supervisor.shared.messages import Ended

CODES = [exit_codes.ENDED, exit_codes.FAULTY, exit_codes.STOPPED, exit_codes.FENCED, exit_codes.ORPHANED]


def test_every_code_of_ours_has_a_sentence_of_its_own() -> None:
    sentences = {exit_codes.sentence(code, None) for code in CODES}

    assert len(sentences) == len(CODES)
    assert all(sentence.startswith("the job process") for sentence in sentences)


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        (1, None, "exit code 1"),
        (None, signal.SIGKILL, "SIGKILL, perhaps out of memory"),
        (None, signal.SIGSEGV, "SIGSEGV"),
        (None, 99, "killed by 99"),
        (None, None, "gone"),
    ],
)
def test_other_deaths_are_told_by_code_or_signal(code: int | None, number: int | None, words: str) -> None:
    assert words in exit_codes.sentence(code, number)


@pytest.mark.parametrize(
    ("code", "number", "drained", "cause"),
    [
        (None, 9, False, Cause.CRASHED),
        (None, 11, False, Cause.CRASHED),
        (0, None, False, Cause.CRASHED),
        (exit_codes.FAULTY, None, False, Cause.CRASHED),
        (exit_codes.STOPPED, None, False, Cause.DRAINED),
        (None, 9, True, Cause.DRAINED),
        (exit_codes.FENCED, None, False, Cause.FENCED),
        (exit_codes.ORPHANED, None, False, Cause.FENCED),
    ],
)
def test_only_a_death_of_its_own_counts_against_the_job(
    code: int | None, number: int | None, drained: bool, cause: Cause
) -> None:
    assert end._cause(Ended("J", 1, code, number, 0, drained)) is cause
