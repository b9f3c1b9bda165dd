"""The chart beside the code: its version, and the schema of its values."""

import json
from pathlib import Path
from typing import Any

import yaml

import avio

CHART = Path(__file__).resolve().parents[2] / "deploy" / "helm" / "avio"


def read(name: str) -> Any:
    return yaml.safe_load((CHART / name).read_text(encoding="utf-8"))


def test_the_chart_installs_this_version() -> None:
    chart = read("Chart.yaml")

    assert (chart["appVersion"], chart["version"]) == (avio.__version__, avio.__version__)


def test_the_schema_knows_each_value_and_no_other() -> None:
    def compare(values: dict[str, Any], schema: dict[str, Any], place: str) -> None:
        known = schema["properties"]
        assert set(values) == set(known) - {"global"}, place
        assert schema["additionalProperties"] is False, place
        for name, value in values.items():
            if "properties" in known[name]:
                compare(value, known[name], f"{place}.{name}")

    compare(read("values.yaml"), json.loads((CHART / "values.schema.json").read_text()), "")
