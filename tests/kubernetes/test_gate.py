"""avio-gate on a real API server, with the rights of the chart, beside a real avio: pods are freed, and only then.

No pod runs: there is no kubelet. What the scheduler does with a freed pod is Kubernetes' own affair.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from avio.gate.pods import GATE
from tests.e2e.up_server import PASSWORD, ProcessManager, roof
from tests.kubernetes.api_server import ApiServer
from tests.processes import kept, wait_until

pytestmark = pytest.mark.kubernetes

LIMIT = 60.0


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessManager]:
    """A whole avio with two directories in its bucket."""
    directory = tmp_path_factory.mktemp("up")
    for name in ("one", "two", "three", "four"):
        place = directory / "home" / "bucket" / name
        place.mkdir(parents=True)
        for number in range(4):
            (place / f"{number}.bin").write_bytes(b"x" * 1000)
    with roof(directory, fault="") as made:
        yield made


@contextmanager
def gate(kubernetes: ApiServer, up: ProcessManager, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run avio-gate as the chart does; kill it at the end."""
    (directory / "name").write_text("admin\n")
    (directory / "password").write_text(PASSWORD)
    program = Path(sys.executable).with_name("avio-gate")
    with open(directory / "gate.log", "ab") as log:
        process = subprocess.Popen(
            [
                *(program, "run", "--url", up.admin.url, "--name-file", directory / "name"),
                *("--password-file", directory / "password", "--signs", directory / "signs"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "KUBECONFIG": str(kubernetes.gate), "HOME": str(directory)},
        )
    kept.add(process.pid)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def add_pod(kubernetes: ApiServer, name: str, path: str, until: str | None = None, *more: str) -> None:
    """Make a pod with the gate; without a kubelet it stays where it is."""
    marks = {"avio.io/path": path, **({} if until is None else {"avio.io/until": until})}
    spec = {
        "schedulingGates": [{"name": each} for each in (GATE, *more)],
        "containers": [{"name": "train", "image": "train"}],
    }
    metadata = {"name": name, "namespace": "training", "annotations": marks}
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    kubernetes.kubectl("create", "--filename", "-", typed=json.dumps(document))


def pod(kubernetes: ApiServer, name: str) -> Any:
    return kubernetes.json("--namespace", "training", "get", "pod", name)


def gates(kubernetes: ApiServer, name: str) -> list[str]:
    return [each["name"] for each in pod(kubernetes, name)["spec"].get("schedulingGates", ())]


def note(kubernetes: ApiServer, name: str) -> str:
    return str(pod(kubernetes, name)["metadata"]["annotations"].get("avio.io/gate", ""))


def says(kubernetes: ApiServer, name: str, words: str) -> Callable[[], bool]:
    return lambda: words in note(kubernetes, name)


def test_pods_are_freed_when_their_path_is_cached_and_not_before(
    kubernetes: ApiServer, up: ProcessManager, tmp_path: Path
) -> None:
    add_pod(kubernetes, "first", "/data/one")
    with gate(kubernetes, up, tmp_path):
        wait_until(says(kubernetes, "first", "waiting: not yet cached; 0% cached, 0 of 4 files"), LIMIT, "its note")
        add_pod(kubernetes, "second", "/data/one", "cached>=95%", "example.org/other")
        wait_until(says(kubernetes, "second", "not yet cached>=95%"), LIMIT, "the note of the second")
        assert gates(kubernetes, "first") == [GATE]

        assert up.admin.avio("preload", "/data/one", "--wait").returncode == 0

        wait_until(lambda: gates(kubernetes, "first") == [], LIMIT, "the first is free")
        wait_until(lambda: gates(kubernetes, "second") == ["example.org/other"], LIMIT, "the second is, too")
        assert note(kubernetes, "first").startswith("freed: /data/one met cached at ")


def test_a_pod_that_asks_for_nothing_that_can_be_says_so_until_it_is_corrected(
    kubernetes: ApiServer, up: ProcessManager, tmp_path: Path
) -> None:
    add_pod(kubernetes, "wrong", "/data/two", "cached>=95")
    with gate(kubernetes, up, tmp_path):
        wait_until(says(kubernetes, "wrong", "invalid: the annotation avio.io/until '95' has no unit"), LIMIT, "words")
        assert up.admin.avio("preload", "/data/two", "--wait").returncode == 0
        kubernetes.kubectl(
            *("--namespace", "training", "annotate", "--overwrite", "pod", "wrong", "avio.io/until=cached>=95%")
        )
        wait_until(lambda: gates(kubernetes, "wrong") == [], LIMIT, "it is free")


def test_it_goes_on_after_its_own_death_and_that_of_the_server_and_of_web(
    kubernetes: ApiServer, up: ProcessManager, tmp_path: Path
) -> None:
    add_pod(kubernetes, "patient", "/data/three")
    with gate(kubernetes, up, tmp_path):
        wait_until(says(kubernetes, "patient", "waiting: not yet cached"), LIMIT, "its note")
    with gate(kubernetes, up, tmp_path):
        kubernetes.stop_api()
        web = up.pid("web")
        assert web is not None
        os.kill(web, signal.SIGKILL)
        kubernetes.start_api()
        wait_until(lambda: up.pid("web") not in (None, web), LIMIT, "another web")
        wait_until(lambda: up.admin.avio("whoami").returncode == 0, LIMIT, "it answers")
        assert gates(kubernetes, "patient") == [GATE]

        assert up.admin.avio("preload", "/data/three", "--wait").returncode == 0
        wait_until(lambda: gates(kubernetes, "patient") == [], LIMIT, "it is free")


def test_its_role_is_enough_and_gives_nothing_else(kubernetes: ApiServer) -> None:
    may = [
        verb
        for verb in ("get", "list", "watch", "patch", "create", "delete", "update")
        if _may(kubernetes, verb, "pods")
    ]
    assert may == ["get", "list", "watch", "patch"]
    for other in ("secrets", "events", "nodes", "configmaps", "deployments.apps"):
        assert not any(_may(kubernetes, verb, other) for verb in ("get", "list", "create", "patch")), other
    for part in ("exec", "log", "status", "ephemeralcontainers"):
        verbs = ("get", "create", "patch")
        assert not any(_may(kubernetes, verb, "pods", f"--subresource={part}") for verb in verbs), part


def _may(kubernetes: ApiServer, verb: str, *what: str) -> bool:
    try:
        return kubernetes.kubectl("auth", "can-i", verb, *what, "-n", "training", config=kubernetes.gate) == "yes"
    except subprocess.CalledProcessError:
        return False


def test_its_probe_tells_that_it_lives_and_that_it_is_ready(
    kubernetes: ApiServer, up: ProcessManager, tmp_path: Path
) -> None:
    program = Path(sys.executable).with_name("avio-gate")

    def probe(*options: str) -> int:
        return subprocess.run(
            [program, "probe", "--signs", tmp_path / "signs", *options], capture_output=True, timeout=60, check=False
        ).returncode

    assert probe() == 1
    with gate(kubernetes, up, tmp_path):
        wait_until(lambda: probe("--ready") == 0, LIMIT, "it is ready")
