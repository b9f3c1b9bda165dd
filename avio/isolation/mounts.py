"""Finds the control groups of the calling process in /proc. Used by `cgroups`."""

from dataclasses import dataclass, field
from pathlib import Path

CONTROLLERS = ("memory", "pids", "cpu")


@dataclass(slots=True)
class Own:
    """The directories of the calling process's groups: version 2, and controllers of version 1."""

    unified: Path | None = None
    controllers: dict[str, Path] = field(default_factory=dict)


def own_groups() -> Own:
    """Return the mounted groups of the calling process."""
    inside = {}
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        inside.update(dict.fromkeys(controllers.split(","), path))
    own = Own()
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, place, kind, options, *_ = line.split(" ")
        if kind == "cgroup2" and own.unified is None and "" in inside:
            own.unified = _below(place, inside[""])
        elif kind == "cgroup":
            for controller in set(options.split(",")).intersection(CONTROLLERS, inside):
                own.controllers[controller] = _below(place, inside[controller])
    return own


def _below(place: str, path: str) -> Path:
    """Return the directory of group `path`. In a container the mount may be that group itself."""
    directory = Path(place) / path.lstrip("/")
    return directory if directory.is_dir() else Path(place)
