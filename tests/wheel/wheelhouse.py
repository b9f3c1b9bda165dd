"""Wheels without a network: avio's own, built from its sdist, and those of the installed libraries, packed again."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")

# What an installer writes, and what it makes again.
_NOT_PACKED = ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "RECORD")


def build(directory: Path) -> Path:
    """Build the sdist, and the wheel from the sdist alone; return the wheel."""
    subprocess.run(
        [
            UV,
            "build",
            "--quiet",
            "--offline",
            "--no-build-isolation",
            "--python",
            sys.executable,
            "-o",
            directory,
            ROOT,
        ],
        check=True,
        timeout=100,
    )
    (wheel,) = directory.glob("avio-*.whl")
    return wheel


def pack_libraries(directory: Path, extras: set[str]) -> None:
    """Write a wheel of each library that avio needs with `extras`, as it is installed here."""
    for name in needed("avio", extras) - {"avio"}:
        _pack(distribution(name), directory)


def needed(name: str, extras: set[str]) -> set[str]:
    """Return the names of a distribution, and of all that it needs with `extras`."""
    found: dict[str, set[str]] = {}
    waiting = [(name, extras)]
    while waiting:
        name, extras = waiting.pop()
        if name in found and extras <= found[name]:
            continue
        found[name] = found.get(name, set()) | extras
        for text in distribution(name).requires or ():
            wanted = Requirement(text)
            holds = wanted.marker is None or any(wanted.marker.evaluate({"extra": each}) for each in {"", *extras})
            if holds:
                waiting.append((_normal(wanted.name), wanted.extras))
    return set(found)


def _pack(installed: Distribution, directory: Path) -> None:
    tags = re.findall(r"^Tag: (\S+)-(\S+)-(\S+)$", installed.read_text("WHEEL") or "", re.MULTILINE)
    tag = "-".join(".".join(dict.fromkeys(column)) for column in zip(*tags, strict=True))
    stem = f"{_normal(installed.name).replace('-', '_')}-{installed.version}"
    files = dict(_files(installed))
    (info,) = {inside.partition("/")[0] for inside in files if ".dist-info/" in inside}
    with zipfile.ZipFile(directory / f"{stem}-{tag}.whl", "w") as wheel:
        for inside, file in files.items():
            wheel.write(file, inside)
        wheel.writestr(f"{info}/RECORD", "".join(f"{inside},,\n" for inside in [*files, f"{info}/RECORD"]))


def _files(installed: Distribution) -> Iterator[tuple[str, Path]]:
    for file in installed.files or ():
        inside = str(file)
        if not inside.startswith("..") and file.name not in _NOT_PACKED and "__pycache__" not in inside:
            yield inside, Path(str(file.locate()))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
