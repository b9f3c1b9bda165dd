"""A real API server takes all that the chart renders: its own validation goes beyond any schema."""

import json
import subprocess

import pytest

from tests.chart.rendered import VALUE_SETS, component, documents, pods
from tests.chart.test_manifests import CUSTOM
from tests.kubernetes.api_server import ApiServer

pytestmark = pytest.mark.kubernetes


@pytest.mark.parametrize("values", VALUE_SETS)
def test_the_server_takes_each_manifest(kubernetes: ApiServer, values: str) -> None:
    found = [
        {**each, "metadata": {**({} if "Cluster" in each["kind"] else {"namespace": "data"}), **each["metadata"]}}
        for each in documents(values)
        if each["kind"] not in CUSTOM
    ]

    taken = kubernetes.kubectl(
        *("apply", "--dry-run=server", "--validate=strict", "--filename", "-"),
        typed=json.dumps({"apiVersion": "v1", "kind": "List", "items": found}),
    )

    assert len(taken.splitlines()) == len(found)


@pytest.mark.parametrize("values", ["alluxio", "shared-volume"])  # local has volumes of the host, which are refused
def test_all_pods_may_run_where_pod_security_is_restricted(kubernetes: ApiServer, values: str) -> None:
    namespace = f"restricted-{values}"
    kubernetes.kubectl("create", "namespace", namespace)
    kubernetes.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")

    for name, pod in pods(documents(values)):
        document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod["spec"]}
        kubernetes.kubectl(
            "create", "--dry-run=server", "--namespace", namespace, "--filename", "-", typed=json.dumps(document)
        )


def test_pod_security_refuses_a_pod_that_may_be_root(kubernetes: ApiServer) -> None:
    kubernetes.kubectl("create", "namespace", "strict")
    kubernetes.kubectl("label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted")
    spec = dict(component(documents("alluxio"), "web")["spec"])
    del spec["securityContext"]
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}

    with pytest.raises(subprocess.CalledProcessError):
        kubernetes.kubectl(
            "create", "--dry-run=server", "--namespace", "strict", "--filename", "-", typed=json.dumps(document)
        )
