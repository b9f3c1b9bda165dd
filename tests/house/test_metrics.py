"""docs/metrics.md, the dashboard and the alert rules against the declared metrics; docs/logs.md against the code."""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.metrics.declared import METRICS, Kind
from tests.conftest import missing
from tests.house.test_docs import ROOT, rows

DOCUMENT = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
LOGS = (ROOT / "docs/logs.md").read_text(encoding="utf-8")
RULES = ROOT / "deploy/prometheus/alerts.yaml"
RULE_TESTS = ROOT / "deploy/prometheus/alerts_test.yaml"
DASHBOARD = json.loads((ROOT / "deploy/grafana/avio.json").read_text(encoding="utf-8"))

# Members of log lines that the code does not spell in the call.
TOLD = {"traceId", "exception", "time", "level", "process", "logger", "message"}  # by the formatter
TOLD |= {"site", "code", "again_in"}  # by the notifier
TOLD |= {"chunks", "deliveries", "keeps", "lists", "nodes", "tokens"}  # by retention
LOGGING = {"debug", "info", "warning", "error", "exception"}

OF_PROMETHEUS = {"le", "instance", "job"}
_SELECTED = re.compile(r"\b(avio_\w+)(?:\{([^}]*)\})?")
_LABELS = re.compile(r"\bby \(([\w, ]+)\)")


def shown_names() -> dict[str, tuple[str, ...]]:
    """Return the names of samples in a scrape, each with its labels."""
    found = {}
    for metric in METRICS:
        endings = ("_bucket", "_sum", "_count") if metric.kind is Kind.HISTOGRAM else ("",)
        found |= {metric.name + ending: metric.labels for ending in endings}
    return found


def expressions() -> Iterator[str]:
    """Yield what alert rules and dashboard ask of Prometheus."""
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    text = RULES.read_text(encoding="utf-8")
    yield from re.findall(r"expr: \|\n((?: {10}.*\n)+)", text)
    yield from re.findall(r"expr: ([^|\n]+)\n", text)


def asked() -> set[str]:
    """Return the names of samples that rules and dashboard need."""
    return {name for expression in expressions() for name, _ in _SELECTED.findall(expression)}


def test_the_document_has_each_metric_as_it_is_declared() -> None:
    documented = [tuple(row) for row in rows(DOCUMENT, "metric")]

    assert documented == [
        (
            metric.name,
            metric.kind.value,
            ", ".join(f"`{label}`" for label in metric.labels).strip("`") or "-",
            ", ".join(metric.shown_by),
            metric.meaning,
        )
        for metric in METRICS
    ]


def test_names_say_what_they_are() -> None:
    for metric in METRICS:
        assert metric.name.startswith("avio_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM)
        assert list(metric.buckets) == sorted(metric.buckets)
        assert not {"job", "path", "user", "uid", "file"} & set(metric.labels)


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_rules_and_dashboard_name_declared_metrics_and_labels(expression: str) -> None:
    names = shown_names()
    found = _SELECTED.findall(expression)
    known = set(OF_PROMETHEUS)
    for name, selectors in found:
        assert name in names
        known |= set(names[name])
        assert set(re.findall(r"(\w+)(?:=|!=|=~|!~)\"", selectors)) <= {*names[name], *OF_PROMETHEUS}
    for labels in _LABELS.findall(expression):
        assert set(labels.split(", ")) <= known


def test_the_dashboard_or_a_rule_shows_each_metric() -> None:
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked()}

    assert {metric.name for metric in METRICS} - shown == set()


def test_each_alert_is_documented_and_tested() -> None:
    alerts = re.findall(r"alert: (\w+)", RULES.read_text(encoding="utf-8"))

    assert [row[0] for row in rows(DOCUMENT, "alert")] == alerts
    tests = RULE_TESTS.read_text(encoding="utf-8")
    quiet, _, loud = tests.partition("- name: nothing is scraped")
    assert set(re.findall(r"alertname: (\w+), exp_alerts: \[\]", quiet)) == set(alerts)
    assert set(re.findall(r"alertname: (\w+)", loud)) == set(alerts)


def promtool(*words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    program = shutil.which("promtool")
    if program is None:
        missing("promtool is missing: apt-get install prometheus")
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False, **options)


def test_each_alert_fires_where_it_should_and_not_before() -> None:
    tested = promtool("test", "rules", RULE_TESTS.name, cwd=RULE_TESTS.parent)

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_prometheus_understands_all_expressions(tmp_path: Path) -> None:
    names = [{"record": f"rule:{number}", "expr": text} for number, text in enumerate(expressions())]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "all", "rules": names}]}))  # JSON is YAML
    checked = promtool("check", "rules", str(file))

    assert checked.returncode == 0, checked.stdout + checked.stderr


def logged_members() -> set[str]:
    """Return the keys of `extra=` in all calls of loggers."""
    found = set()
    for room in ("avio", "supervisor"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGGING:
                    extras = [word.value for word in node.keywords if word.arg == "extra"]
                    keys = [key for extra in extras if isinstance(extra, ast.Dict) for key in extra.keys]
                    found |= {key.value for key in keys if isinstance(key, ast.Constant)}
    return found


def test_the_members_of_log_lines_are_documented() -> None:
    documented = {row[0] for row in rows(LOGS, "member")}
    every_line = {"time", "level", "process", "logger", "message"}

    assert documented | every_line == logged_members() | TOLD
