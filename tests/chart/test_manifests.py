"""What the chart renders for each set of values in its ci/: valid, and as closed as pods can be."""

import json
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.chart.rendered import KUBERNETES, ROOT, VALUE_SETS, component, documents, helm, of_kind, pods, template

pytestmark = [pytest.mark.chart, pytest.mark.parametrize("values", VALUE_SETS)]

# Of other projects: kubernetes-validate does not know them.
CUSTOM = ("ServiceMonitor", "PrometheusRule")


def test_helm_finds_nothing_wrong(values: str) -> None:
    run = helm("lint", ".", "--strict", "--kube-version", f"{KUBERNETES}.2", "--values", f"ci/{values}.yaml")

    assert run.returncode == 0, run.stdout


def test_each_manifest_is_one_of_kubernetes_without_unknown_members(values: str) -> None:
    found = documents(values)

    assert len(found) > 8
    for document in found:
        if document["kind"] not in CUSTOM:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_a_misspelled_member_would_be_found(values: str) -> None:
    (service, *_) = of_kind(documents(values), "Service")
    wrong = {**service, "spec": {**service["spec"], "selectors": {}}}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_each_pod_is_closed(values: str) -> None:
    for name, pod in pods(documents(values)):
        spec = pod["spec"]
        assert spec["enableServiceLinks"] is False, name
        assert spec["automountServiceAccountToken"] is name.endswith("-gate"), name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["limits"]["memory"], name
            assert ":latest" not in container["image"], name


def test_each_server_process_has_its_own_probes(values: str) -> None:
    for name in ("web", "supervisor", "aggregator"):
        (container,) = component(documents(values), name)["spec"]["containers"]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
        for probe in ("readinessProbe", "livenessProbe"):
            # kubelet counts a probe that does not end as failed.
            assert container[probe]["timeoutSeconds"] <= container[probe]["periodSeconds"] + 1
    web = component(documents(values), "web")["spec"]["containers"][0]
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz?only=database"
    assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_nothing_secret_is_in_a_manifest(values: str) -> None:
    for name, pod in pods(documents(values)):
        for variable in pod["spec"]["containers"][0].get("env", ()):
            if variable["name"].endswith(("_URL", "PASSWORD", "TOKEN")) and variable["name"] != "AVIO_URL":
                assert variable["valueFrom"]["secretKeyRef"]["name"], name
    assert of_kind(documents(values), "Secret") == []


def test_services_policies_and_budgets_select_pods_that_are_there(values: str) -> None:
    found = documents(values)
    labels = [pod["metadata"]["labels"] for _, pod in pods(found)]
    selectors: list[dict[str, Any]] = [each["spec"]["selector"] for each in of_kind(found, "Service")]
    selectors += [
        each["spec"]["selector"]["matchLabels"] for each in of_kind(found, "PodDisruptionBudget", "Deployment")
    ]
    selectors += [each["spec"]["podSelector"]["matchLabels"] for each in of_kind(found, "NetworkPolicy")]

    for selector in selectors:
        assert sum(selector.items() <= each.items() for each in labels) == 1 or (
            "upgrade" in selector.values() and values == "shared-volume"
        ), selector


def test_ports_have_the_names_that_others_use(values: str) -> None:
    found = documents(values)
    for service in of_kind(found, "Service"):
        for port in service["spec"]["ports"]:
            named = [
                each["name"]
                for _, pod in pods(found)
                if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
                for each in pod["spec"]["containers"][0]["ports"]
            ]
            assert port["targetPort"] in named


def test_volumes_and_their_mounts_belong_together(values: str) -> None:
    for name, pod in pods(documents(values)):
        volumes = [volume["name"] for volume in pod["spec"]["volumes"]]
        mounts = [mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]]
        assert sorted(volumes) == sorted(mounts), name
        assert all(len(volume) == 2 for volume in pod["spec"]["volumes"]), f"{name}: one source for each volume"


def test_a_change_of_the_settings_begins_new_pods(values: str) -> None:
    def checksums(*arguments: str) -> list[str]:
        found = documents(values, *arguments)
        return [
            component(found, name)["metadata"]["annotations"]["checksum/config"]
            for name in ("web", "supervisor", "aggregator")
        ]

    assert checksums() != checksums("--set", "settings.queued_max=7")
    assert checksums() == checksums("--set", "web.replicas=5")


def test_alert_rules_and_dashboard_are_those_of_the_project(values: str) -> None:
    found = documents(values)
    rules = of_kind(found, "PrometheusRule")
    boards = [each for each in of_kind(found, "ConfigMap") if "avio.json" in each["data"]]
    if values != "alluxio":
        assert rules + boards == []
        return
    assert rules[0]["spec"] == yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())
    assert json.loads(boards[0]["data"]["avio.json"]) == json.loads((ROOT / "deploy/grafana/avio.json").read_text())


def test_rendering_is_the_same_each_time(values: str) -> None:
    assert template(values).stdout == template(values).stdout
