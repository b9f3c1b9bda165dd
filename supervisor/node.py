"""A worker node from its settings: what keeper stands on is checked, then keeper runs.

Used by `python -m supervisor` alone. Imports the executor ahead, so that a job is one fork away.
"""

import logging

from avio.config import Settings, SettingsError
from avio.engines.opening import open_engine
from avio.isolation.access import denied_code, denied_directories
from avio.isolation.plan import STRICT, Plan
from avio.isolation.probing import probe
from avio.log import start_logging
from supervisor.intakeprocess import Launched
from supervisor.keeper import Keeper
from supervisor.spool import Spool


def keeper_of(settings: Settings, intake: Launched) -> Keeper:
    """Return the keeper of this node, with an `intake` that is on its way.

    Raises SettingsError or ValueError when the node can't be what the settings say.
    """
    open_engine(settings.engine_settings())
    spool = Spool(settings.spool / settings.node)
    plan = _plan(settings, spool)
    start_logging("keeper", settings.log_level)
    logging.getLogger(__name__).info("keeper begins", extra={"node": settings.node, "slots": settings.slots})
    return Keeper(spool, plan, settings.stop_grace, settings.kill_wait, settings.stall_after, intake)


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
