"""`python -m supervisor`: becomes keeper. Imports the executor ahead, so that a job is one fork away."""

import logging
import sys

from avio.config import SettingsError, load
from avio.engines.opening import open_engine
from avio.log import start_logging
from supervisor.keeper import Keeper
from supervisor.spool import Spool


def main() -> int:
    """Run keeper until it is drained; return the exit code."""
    try:
        settings = load()
        open_engine(settings.engine_settings())
    except (SettingsError, ValueError) as error:
        for problem in getattr(error, "problems", [str(error)]):
            print(f"error: {problem}", file=sys.stderr)
        return 2
    start_logging("keeper", settings.log_level)
    logging.getLogger(__name__).info("keeper begins", extra={"node": settings.node, "slots": settings.slots})
    return Keeper(Spool(settings.spool / settings.node), settings.stop_grace).run()


if __name__ == "__main__":
    sys.exit(main())
