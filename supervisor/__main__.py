"""`python -m supervisor`: becomes keeper. Standard library and settings only, until intake is on its way."""

import sys

from avio.config import SettingsError, load
from supervisor.intakeprocess import launch


def main() -> int:
    """Run keeper until it is drained; return the exit code."""
    try:
        settings = load()
        intake = launch()
        # Here, not above: keeper and intake take as long as each other to be loaded, and do so side by side.
        from supervisor.node import keeper_of

        keeper = keeper_of(settings, intake)
    except (SettingsError, ValueError) as error:
        for problem in getattr(error, "problems", [str(error)]):
            print(f"error: {problem}", file=sys.stderr)
        return 2
    return keeper.run()


if __name__ == "__main__":
    sys.exit(main())
