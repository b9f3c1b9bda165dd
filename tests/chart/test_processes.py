"""What the pods of the chart start: settings that avio accepts, commands that there are, times that fit."""

import re
from pathlib import Path
from typing import Any

import click
import pytest

from avio.admin import commands as admin
from avio.commands import main as cli
from avio.config import Settings, load
from avio.gate.command import commands as gate
from tests.chart.rendered import ROOT, VALUE_SETS, component, documents, of_kind

pytestmark = [pytest.mark.chart, pytest.mark.parametrize("values", VALUE_SETS)]

URLS = {
    "AVIO_DATABASE_URL": "postgresql://avio:hush@db/avio",
    "AVIO_REDIS_URL": "redis://web:hush@redis/0",
    "AVIO_EXECUTOR_REDIS_URL": "redis://executor:hush@redis/0",
    "AVIO_METRICS_TOKEN": "hush " * 4,
}


def container(values: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = component(documents(values), name)["spec"]["containers"][0]
    return found


def settings_of(values: str, name: str, directory: Path) -> Settings:
    """Return the settings as the process reads them in its container. Secrets of others are not there."""
    (config,) = (each for each in of_kind(documents(values), "ConfigMap") if "avio.toml" in each["data"])
    environ = {each["name"]: each.get("value") or URLS[each["name"]] for each in container(values, name)["env"]}
    text = config["data"][Path(environ["AVIO_CONFIG"]).name]
    for mount in container(values, name)["volumeMounts"]:
        if mount["mountPath"].startswith("/run/secrets/avio/"):
            secret = directory / Path(mount["mountPath"]).name
            secret.mkdir(exist_ok=True)
            for key in re.findall(rf'"{mount["mountPath"]}/([^"]+)"', text):
                (secret / key).write_text("hush\n")
    file = directory / "avio.toml"
    file.write_text(text.replace("/run/secrets/avio", str(directory)))
    return load({**environ, "AVIO_CONFIG": str(file)})


@pytest.mark.parametrize("name", ["web", "supervisor", "aggregator"])
def test_each_process_accepts_its_settings(values: str, name: str, tmp_path: Path) -> None:
    settings = settings_of(values, name, tmp_path)

    assert settings.engine == ("alluxio" if values == "alluxio" else "local")
    assert str(settings.signs) == "/run/avio"
    assert "hush" not in (tmp_path / "avio.toml").read_text()


def test_tables_and_numbers_of_the_values_arrive_as_they_were(values: str, tmp_path: Path) -> None:
    settings = settings_of(values, "supervisor", tmp_path)

    if values == "alluxio":
        assert settings.alluxio is not None
        assert (settings.alluxio.patience, settings.alluxio.worker_ports) == (20, [29999, 30000])
        assert settings.alluxio.mount_bandwidths == {"/s3": 500_000_000}
        assert (settings.queued_max, settings.job_idle_io, settings.slots) == (5000, True, 4)
    else:
        assert settings.tiers
        assert {str(tier.path) for tier in settings.tiers} <= {
            mount["mountPath"] for mount in container(values, "supervisor")["volumeMounts"]
        }


def test_web_listens_where_the_service_and_the_probes_look(values: str, tmp_path: Path) -> None:
    settings = settings_of(values, "web", tmp_path)

    assert settings.web_address() == f"0.0.0.0:{container(values, 'web')['ports'][0]['containerPort']}"


def test_metrics_are_off_or_where_prometheus_looks(values: str, tmp_path: Path) -> None:
    kinds = {"alluxio": "token", "local": "off", "shared-volume": "open"}
    assert settings_of(values, "web", tmp_path).metrics == kinds[values]
    for name in ("supervisor", "aggregator"):
        ports = [each["containerPort"] for each in container(values, name).get("ports", ())]
        port = settings_of(values, name, tmp_path).metrics_port
        assert ports == ([] if port is None else [port])
        assert (port is None) == (values == "local")


@pytest.mark.parametrize("name", ["web", "supervisor", "aggregator"])
def test_processes_are_started_as_the_procfile_says(values: str, name: str) -> None:
    (line,) = (line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith(f"{name}: "))

    assert container(values, name)["command"] == [
        *("/bin/sh", "-c"),
        f'cd "$(avio-server root)" && {line.partition(": ")[2]}',
    ]


def test_the_end_of_a_pod_has_the_time_of_a_drain(values: str, tmp_path: Path) -> None:
    supervisor = component(documents(values), "supervisor")["spec"]
    web = component(documents(values), "web")["spec"]
    pause = web["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert supervisor["terminationGracePeriodSeconds"] >= settings_of(values, "supervisor", tmp_path).stop_grace + 15
    assert web["terminationGracePeriodSeconds"] >= pause + 10  # gunicorn's graceful_timeout


def parse(group: click.Group, arguments: list[str]) -> None:
    """Parse a command line as far as its options; raise UsageError for a wrong one."""
    name, command, rest = group.resolve_command(click.Context(group), arguments)
    assert command is not None
    assert name is not None
    command.make_context(name, rest)


def test_probes_and_hooks_are_commands_that_there_are(values: str) -> None:
    for name in ("supervisor", "aggregator"):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            program, *arguments = container(values, name)[probe]["exec"]["command"]
            assert program == "avio-server"
            parse(admin, [*arguments, "--signs", "/run/avio"])
    for job in of_kind(documents(values), "Job"):
        assert job["spec"]["template"]["spec"]["containers"][0]["command"] == ["avio-server", "db", "upgrade"]
        assert "pre-install,pre-upgrade" in job["metadata"]["annotations"]["helm.sh/hook"]


def test_the_gate_may_touch_pods_alone_and_is_started_with_options_that_there_are(values: str) -> None:
    roles = of_kind(documents(values), "Role", "ClusterRole")
    if values == "shared-volume":
        assert roles == []
        return
    for role in roles:
        assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "patch"]}]
    spec = container(values, "gate")
    program, *arguments = spec["command"]
    assert program == "avio-gate"
    environ = {each["name"]: each["value"] for each in spec["env"]}
    assert environ["HOME"] == "/tmp"
    parse(gate, [*arguments, "--url", environ["AVIO_URL"]])
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        parse(gate, spec[probe]["exec"]["command"][1:])


def test_helm_test_logs_in_preloads_and_asks_for_the_state(values: str) -> None:
    if values != "alluxio":
        assert of_kind(documents(values), "Pod") == []
        return
    script = container(values, "test")["command"][-1].splitlines()
    words = [line.replace('"$AVIO_NAME"', "ada").replace('"$AVIO_PATH"', "/s3/small").split() for line in script]

    assert [line[1] for line in words] == ["login", "preload", "wait", "stat", "logout"]
    for line in words:
        parse(cli, line[1:])
