"""`python -m fuzz [EXAMPLES [SEED]]`: every operation as a user and as an admin, then the failures and the counts."""

import sys
import tempfile
from pathlib import Path

from fuzz.run import Outcome, run
from fuzz.world import world

USERS = {"ada": False, "root": True}  # name: is an admin


def main(examples: int, seed: int) -> int:
    """Return 1 if a reply was wrong."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="avio-fuzz-") as name, world(Path(name), USERS) as made:
        for user in USERS:
            outcome: Outcome = run(made, user, examples, seed)
            print(outcome.text(), flush=True)
            failed += len(outcome.failures)
    return 1 if failed else 0


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(numbers + [100, 1][len(numbers) :])))
