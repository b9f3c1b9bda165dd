"""`python -m supervisor`: becomes keeper. Imports the executor ahead, so that a job is one fork away."""

import logging
import sys

from avio.config import Settings, SettingsError, load
from avio.engines.opening import open_engine
from avio.isolation.access import denied_code, denied_directories
from avio.isolation.plan import STRICT, Plan
from avio.isolation.probing import probe
from avio.log import start_logging
from supervisor.keeper import Keeper
from supervisor.spool import Spool


def main() -> int:
    """Run keeper until it is drained; return the exit code."""
    try:
        settings = load()
        open_engine(settings.engine_settings())
        spool = Spool(settings.spool / settings.node)
        plan = _plan(settings, spool)
    except (SettingsError, ValueError) as error:
        for problem in getattr(error, "problems", [str(error)]):
            print(f"error: {problem}", file=sys.stderr)
        return 2
    start_logging("keeper", settings.log_level)
    logging.getLogger(__name__).info("keeper begins", extra={"node": settings.node, "slots": settings.slots})
    return Keeper(spool, plan, settings.stop_grace, settings.kill_wait, settings.stall_after).run()


def _plan(settings: Settings, spool: Spool) -> Plan:
    """Return what isolation is asked for; SettingsError or ValueError when it is not to be had here."""
    plan = Plan.of(settings)
    if plan.user is not None:
        denied = [*denied_code(plan.user), *denied_directories(plan.user, [spool.root], [])]
        if denied:
            raise SettingsError([f"job_user: {one}; {one.cure}" for one in denied])
    if plan.mode == STRICT:
        lacking = [f"{found.rung.name} ({found.why})" for found in probe(plan) if found.why is not None]
        if lacking:
            raise ValueError(
                f"isolation: is strict, and this machine lacks {', '.join(lacking)}; see avio-server doctor"
            )
    return plan


if __name__ == "__main__":
    sys.exit(main())
