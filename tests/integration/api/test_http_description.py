"""The description of the API: valid, complete, and the same as docs/api.md."""

import re
from pathlib import Path

from openapi_spec_validator import validate

from avio.api import Web, asked
from avio.wire import orders
from tests.integration.api.conftest import CheckedClient

DOCS = Path(__file__).resolve().parents[3] / "docs" / "api.md"


def calls(app: Web) -> set[tuple[str, str]]:
    """Return (method, page) of all that Flask serves."""
    return {
        (method, rule.rule.replace("<ulid:", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }


def test_the_description_is_valid_openapi_3_1(nobody: CheckedClient) -> None:
    spec = nobody.get("/openapi.json").get_json()
    assert spec["openapi"].startswith("3.1")
    validate(spec)


def test_every_call_is_described_with_its_problems(app: Web) -> None:
    described = {
        (method.upper(), page): call for page, item in app.api_doc["paths"].items() for method, call in item.items()
    }
    assert set(described) == calls(app)
    for (_, page), call in described.items():
        assert call["summary"], page
        problems = {
            status
            for status, reply in call["responses"].items()
            if "application/problem+json" in reply.get("content", {})
        }
        assert {"400", "429", "500"} <= problems, page
        if "{id}" in page:
            assert "404" in problems, page
        if "requestBody" in call:
            assert {"413", "415"} <= problems, page


def test_docs_name_every_call_and_no_other(app: Web) -> None:
    documented = set(re.findall(r"^#+ `(GET|POST) (/[^`?]*)`", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    assert documented == calls(app)


def test_docs_name_every_member_of_params(app: Web) -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in orders.FIELDS.values() if f"`{name}`" not in text] == []


def test_choices_are_those_of_the_rules() -> None:
    properties = asked.JobParams.model_json_schema()["properties"]
    assert properties["verify"]["enum"] == list(orders.VERIFY_CHOICES)
    assert properties["ifFull"]["enum"] == list(orders.IF_FULL_CHOICES)
    assert properties["onConflict"]["enum"] == list(orders.ON_CONFLICT_CHOICES)
    assert set(properties) == set(orders.FIELDS.values())
