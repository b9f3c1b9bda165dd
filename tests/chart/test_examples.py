"""The examples of docs/kubernetes.md are valid, and mean what they say."""

import kubernetes_validate
import pytest
import yaml

from avio.commands import main as cli
from avio.gate.pods import Ask, gated
from tests.chart.rendered import KUBERNETES, ROOT, Document
from tests.chart.test_processes import parse

pytestmark = pytest.mark.chart


def example(name: str) -> Document:
    found: Document = yaml.safe_load((ROOT / "docs" / "examples" / name).read_text())
    kubernetes_validate.validate(found, KUBERNETES, strict=True)
    return found


def test_the_gated_pod_waits_for_its_path() -> None:
    pod = example("gated-pod.yaml")
    pod["metadata"] |= {"uid": "u", "namespace": "n", "resourceVersion": "1"}

    found = gated(pod)

    assert found is not None
    assert found.ask == Ask("/data/imagenet", "cached>=95%")


def test_the_init_container_runs_commands_that_there_are() -> None:
    (container,) = example("waiting-init-container.yaml")["spec"]["initContainers"]

    for line in container["command"][-1].splitlines():
        parse(cli, line.replace("'", "").replace('"$USER_NAME"', "ada").split()[1:])


def test_the_init_container_says_that_it_holds_the_gpu() -> None:
    assert "HOLDS ITS GPUS" in (ROOT / "docs/examples/waiting-init-container.yaml").read_text()
