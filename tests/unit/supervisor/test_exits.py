"""What the death of a job process means, in a sentence."""

import signal

import pytest

from avio.db.ends import Cause
from supervisor import ending, exits
from supervisor.messages import Ended

CODES = [exits.ENDED, exits.FAULTY, exits.STOPPED, exits.FENCED, exits.ORPHANED]


def test_every_code_of_ours_has_a_sentence_of_its_own() -> None:
    sentences = {exits.sentence(code, None) for code in CODES}

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
    assert words in exits.sentence(code, number)


@pytest.mark.parametrize(
    ("code", "number", "drained", "cause"),
    [
        (None, 9, False, Cause.CRASHED),
        (None, 11, False, Cause.CRASHED),
        (0, None, False, Cause.CRASHED),
        (exits.FAULTY, None, False, Cause.CRASHED),
        (exits.STOPPED, None, False, Cause.DRAINED),
        (None, 9, True, Cause.DRAINED),
        (exits.FENCED, None, False, Cause.FENCED),
        (exits.ORPHANED, None, False, Cause.FENCED),
    ],
)
def test_only_a_death_of_its_own_counts_against_the_job(
    code: int | None, number: int | None, drained: bool, cause: Cause
) -> None:
    assert ending._cause(Ended("J", 1, code, number, 0, drained)) is cause
