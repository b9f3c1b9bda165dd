"""Why a walk of a path found nothing: it does not exist, or something is in its way.

Used in web and the job process.
"""

from avio.engines.base import Side
from avio.engines.left_out import Symlink
from avio.engines.local.directory_window import LeaveOut
from avio.engines.local.errors import tier_errors
from avio.engines.local.joined_view import join
from avio.engines.local.mounts import Mounts
from avio.engines.local.obstacles import CURE, find_obstacle
from avio.engines.local.tiers import Tiers
from avio.engines.refusals import not_there
from avio.errors import PathNotFound
from avio.wire.paths import is_under


def explain(mounts: Mounts, tiers: Tiers, path: str, side: Side, leave_out: LeaveOut) -> None:
    """Leave out what is in the way of `path` on `side`, or raise PathNotFound. Return if `path` is just empty."""
    if side is Side.BUCKET:
        _require_passable(mounts, path)
    else:
        look_in_tiers(tiers, path, leave_out)
    if next(join(mounts, tiers, path), None) is None:
        require_there(mounts, tiers, path)


def look_in_tiers(tiers: Tiers, path: str, leave_out: LeaveOut) -> None:
    """Leave out a symlink that is in the way of `path` in a tier. Raise PathNotFound for a file."""
    for tier in tiers:
        with tier_errors(f"tier {tier.alias}: {path}"):
            found = find_obstacle(tier.root, path[1:])
        if found is not None and found.is_symlink:
            leave_out(f"/{found.name}", Symlink(f"it is a symlink in tier {tier.alias}"))
        elif found is not None:
            where = f"/{found.name} is {found.kind} in tier {tier.alias}"
            raise PathNotFound(f"{path} is not in the cache: {where}", cure=CURE)


def require_there(mounts: Mounts, tiers: Tiers, path: str) -> None:
    """Raise PathNotFound unless the empty directory `path` exists or has a mount below it."""
    mount = mounts.find(path)
    below = any(is_under(nested.path, path) for nested in mount.nested)
    if not below and not mount.bucket.has_directory(mount.key(path)) and not tiers.has_directory(path):
        _require_passable(mounts, path)
        raise not_there(path)


def _require_passable(mounts: Mounts, path: str) -> None:
    """Raise PathNotFound if something is in the way of `path` in its bucket."""
    mount = mounts.find(path)
    found = mount.bucket.obstacle(mount.key(path))
    if found is None:
        return
    where = f"{mount.prefix}{found.name}"
    if found.is_symlink:
        below = "" if where == path else f"{path} is below a symlink: "
        raise PathNotFound(f"{below}{where} is a symlink", cure="name what it leads to, or the directory above it")
    raise PathNotFound(f"{path} is not in the bucket: {where} is {found.kind} there", cure=CURE)
