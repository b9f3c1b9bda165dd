"""`python -m supervisor`: becomes keeper, by a second start without secrets. Imports little until intake is started."""

import sys

import avio.startup
from avio.errors import SettingsError
from supervisor.keeper.clean_start import begin_anew, handed_over


def main() -> int:
    """Run keeper until it is drained; return the exit code."""
    try:
        handed = handed_over()
        if handed is None:
            begin_anew()
        # Not at the top: the first start needs little, and keeper and intake then load in parallel.
        from supervisor.keeper.node import keeper_of

        keeper = keeper_of(handed.settings, handed.intake)
        avio.startup.loaded()
    except (SettingsError, ValueError) as error:
        for problem in getattr(error, "problems", [str(error)]):
            print(f"error: {problem}", file=sys.stderr)
        return 2
    return keeper.run()


if __name__ == "__main__":
    sys.exit(main())
