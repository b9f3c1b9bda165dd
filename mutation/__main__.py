"""`python -m mutation [WORD]`: every guard, or those with WORD in their name; exits 1 if one is not missed."""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from mutation.copying import GREEN, RED, Copy
from mutation.guards import MUTANTS
from mutation.mutant import Mutant

AT_ONCE = 2


def main(word: str = "") -> int:
    """Run the tests as they are, then without each guard; print a line for each."""
    chosen = [mutant for mutant in MUTANTS if word in mutant.guard]
    with (
        tempfile.TemporaryDirectory(prefix="avio-mutation-", dir=_fast_directory()) as directory,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(AT_ONCE):
            copies.put(Copy(Path(directory, str(number))))

        def test(tests: Sequence[str]) -> tuple[int, str]:
            return _in_one_of(copies, lambda copy: copy.test(tests))

        def without(mutant: Mutant) -> tuple[Mutant, int, str, float]:
            began = time.monotonic()
            code, words = _in_one_of(copies, lambda copy: _test_without(copy, mutant))
            return mutant, code, words, time.monotonic() - began

        before = sorted({mutant.tests for mutant in chosen})
        found = zip(before, pool.map(test, before), strict=True)
        broken = [f"{' '.join(tests)}: {words}" for tests, (code, words) in found if code != GREEN]
        if broken:
            print("red with every guard in place:", *broken, sep="\n  ")
            return 1
        survived = 0
        print(f"{'guard that is taken out':58} {'tests':8} {'s':>5}  which")
        for mutant, code, words, took in pool.map(without, chosen):
            survived += code != RED
            verdict = "red" if code == RED else "SURVIVED" if code == GREEN else f"code {code}"
            print(f"{mutant.guard:58} {verdict:8} {took:5.1f}  {words}", flush=True)
    print(f"{len(chosen)} guards, {len(chosen) - survived} red, {survived} survived")
    return 1 if survived else 0


def _in_one_of(copies: "SimpleQueue[Copy]", work: Callable[[Copy], tuple[int, str]]) -> tuple[int, str]:
    copy = copies.get()
    try:
        return work(copy)
    finally:
        copies.put(copy)


def _test_without(copy: Copy, mutant: Mutant) -> tuple[int, str]:
    with copy.without(mutant):
        return copy.test(mutant.tests)


def _fast_directory() -> str | None:
    """Memory where there is some: databases wait for the disk at each commit."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
