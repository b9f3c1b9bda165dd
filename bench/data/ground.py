"""A server of ours over one mount and one tier, and what it costs: jobs from submit to their checked end."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from avio.client.shapes import JobInfo
from avio.wire.states import JobType
from bench.data.contest import Run
from bench.data.processes import find, reaped_seconds
from bench.stack import Stack, stack, toml

MOUNT = "/data"


@dataclass(frozen=True, slots=True)
class Ground:
    """`cached` is the directory of the tier that has the copies; `peer` is one for a peer, beside it."""

    stack: Stack
    keeper: int
    cached: Path
    peer: Path

    def run(self, kind: JobType, path: str = MOUNT, **params: str) -> tuple[Run, JobInfo]:
        """Run a job with `params`. Raise RuntimeError unless it succeeds."""
        before = reaped_seconds(self.keeper)
        began = time.monotonic()
        job = self.stack.wait_for_end(self.stack.client.submit(kind, {"alluxioUri": path, **params}))
        wall = time.monotonic() - began
        if job["status"] != "succeeded":
            raise RuntimeError(f"the job ended {job['status']}: {job['message']}")
        return Run(wall, reaped_seconds(self.keeper) - before), job

    def move(self, kind: JobType, files: int, size: int, path: str = MOUNT, **params: str) -> Run:
        """Run a preload or save of so many files, of `size` bytes each; all of them must be moved and checked."""
        run, job = self.run(kind, path, **params)
        wanted = {"files": files, "bytes": files * size}
        if job["verified"] != wanted or job["progress"]["skipped"]["files"]:
            raise RuntimeError(f"the job checked {job['verified']} instead of {wanted}: {job['message']}")
        return run


@contextmanager
def ground(
    directory: Path, url: str, options: Mapping[str, str], *, tier: Path | None = None, settings: str = ""
) -> Iterator[Ground]:
    """Run a server with the bucket `url` at MOUNT. The tier is in `tier`, by default in `directory`.

    `settings` are more lines of its avio.toml.
    """
    place = tier or directory
    text = toml({MOUNT: (url, options)}, {"MEM": place / "tier"})
    with stack(directory / "home", settings + text) as running:
        (keeper,) = find(running.pid, "keeper")
        yield Ground(running, keeper, place / "tier" / "data", place / "peer")
