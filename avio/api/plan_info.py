"""A plan as the JSON of the API: a plain dictionary, in the shape of `avio.api.plan_shapes`. Used by web alone."""

from dataclasses import asdict
from typing import Any

from avio.rules.discretion import without_addresses
from avio.rules.types import Outlook


def plan_info(outlook: Outlook) -> dict[str, Any]:
    """Return a PlanInfo."""
    plan = outlook.plan
    return {
        "summary": plan.summary,
        "total": _amount(plan.files, plan.bytes),
        "inPlace": _amount(plan.files_in_place, plan.bytes_in_place),
        "toMove": _amount(plan.files_to_move, plan.bytes_to_move),
        "kept": _amount(plan.files_kept, plan.bytes_kept),
        "filesFailed": plan.files_failed,
        "filesDirty": plan.files_dirty,
        "filesInConflict": plan.files_conflict,
        "filesLeftOut": plan.files_left_out,
        "filesExcluded": plan.files_excluded,
        "requests": plan.requests,
        "fits": plan.fits,
        "evicts": plan.evicts,
        "tiers": [asdict(tier) for tier in plan.tiers],
        "warnings": [{"reason": each.reason, "message": without_addresses(each.message)} for each in plan.warnings],
        "expectedSeconds": outlook.seconds,
        "jobs": [
            {"id": each.job, "user": each.user, "type": int(each.type), "status": each.state, "path": each.path}
            for each in outlook.beside
        ],
        "moreJobs": outlook.more,
    }


def _amount(files: int, size: int) -> dict[str, int]:
    return {"files": files, "bytes": size}
