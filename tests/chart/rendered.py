"""Runs helm on the chart, and picks from what it renders. `make test-chart` says which helm in the variable HELM."""

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "avio"
KUBERNETES = "1.34"
VALUE_SETS = sorted(path.stem for path in (CHART / "ci").glob("*.yaml"))

Document = dict[str, Any]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of helm."""
    return subprocess.run(
        [os.environ["HELM"], *arguments], cwd=CHART, capture_output=True, text=True, timeout=60, check=False
    )


def template(value_set: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Render the chart with a set of values, and with `--set` options."""
    return helm(
        *("template", "rel", ".", "--namespace", "data", "--kube-version", f"{KUBERNETES}.2"),
        *("--values", f"ci/{value_set}.yaml", *arguments),
    )


@cache
def documents(value_set: str, *arguments: str) -> list[Document]:
    """Return what the chart makes of a set of values."""
    run = template(value_set, *arguments)
    assert run.returncode == 0, run.stderr
    return [document for document in yaml.safe_load_all(run.stdout) if document]


def of_kind(found: list[Document], *kinds: str) -> list[Document]:
    """Return the documents of these kinds."""
    return [document for document in found if document["kind"] in kinds]


def pods(found: list[Document]) -> Iterator[tuple[str, Document]]:
    """Yield the name of each workload, and its pod."""
    for document in found:
        if document["kind"] == "Pod":
            yield document["metadata"]["name"], document
        elif document["kind"] in ("Deployment", "Job"):
            yield document["metadata"]["name"], document["spec"]["template"]


def component(found: list[Document], name: str) -> Document:
    """Return the pod of a component of avio."""
    (pod,) = (pod for _, pod in pods(found) if pod["metadata"]["labels"]["app.kubernetes.io/component"] == name)
    return pod
