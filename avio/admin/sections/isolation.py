"""Looks at the isolation ladder: which rungs hold on this machine for these settings, and why others don't."""

import os
from collections.abc import Iterator

from avio.config import Settings
from avio.findings import Finding, fault, good, note, warning
from avio.isolation.access import denied_code, denied_directories
from avio.isolation.plan import BASIC, STRICT, Plan
from avio.isolation.probing import Probed, probe

_OWN_GROUP = "start the supervisor as root, or in a control group of its own: Delegate=yes in its systemd unit"
_NEWER = "use a kernel that has Landlock: Linux 5.19 for files, 6.7 for ports, 6.12 for signals"

CURES = {
    **dict.fromkeys(("cgroup", "memory", "processes", "cpu"), _OWN_GROUP),
    **dict.fromkeys(("landlock", "landlock-tcp", "landlock-signals"), _NEWER),
    "user": "start the supervisor as root, or as that user and without job_user",
}
OTHER_CURE = "see whether a container's or a service manager's own filter forbids it"


def look_at_isolation(settings: Settings) -> Iterator[Finding]:
    """Yield what each rung gives or why it is missing, and what the user of the jobs can't get at."""
    try:
        plan = Plan.of(settings)
    except ValueError as error:
        problem, _, cure = str(error).partition("; ")
        yield fault("job_user", problem.removeprefix("job_user: "), cure)
        return
    if os.geteuid() != 0:
        yield note("rights", "looked at without root's rights", "run this as the user that the supervisor runs as")
    for found in probe(plan):
        yield _of_rung(found, plan)
    if plan.user is not None:
        tiers = [tier.path for tier in settings.tiers]
        for denied in (*denied_code(plan.user), *denied_directories(plan.user, [settings.spool], tiers)):
            yield fault("job_user", str(denied), denied.cure)


def _of_rung(found: Probed, plan: Plan) -> Finding:
    rung = found.rung
    if not found.asked:
        setting = "isolation" if plan.mode == BASIC else rung.setting
        return note(rung.name, f"not asked for; it would give: {rung.gives}", f"set {setting}, if that is wanted")
    if found.why is None:
        return good(rung.name, rung.gives)
    missing = fault if plan.mode == STRICT else warning
    return missing(rung.name, f"not to be had: {found.why}", CURES.get(rung.name, OTHER_CURE))
