"""The description of the API: valid, complete, and the same as docs/api.md."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from avio.api import Web, page_rules
from avio.api.sockets.refusals import REASONS
from avio.wire.options import camel
from avio.wire.params import OPTIONS
from tests.integration.api.conftest import CheckedClient

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
DOCS = Path(__file__).resolve().parents[3] / "docs" / "api.md"


def calls(app: Web) -> set[tuple[str, str]]:
    """Return (method, page) of all that Flask serves."""
    return {
        (method, rule.rule.replace("<ulid:", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS") and rule.rule not in page_rules.RULES
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


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("/a", True),
        ("\n\r\n/a/b\r\n\nalluxio://h:19998/c\n", True),
        ("", False),
        ("\n", False),
        ("/a\nb", False),
        ("/a/../b", False),
    ],
)
def test_the_body_of_a_file_list_is_described_as_text_with_a_path_on_each_line(
    app: Web, ada: CheckedClient, text: str, fits: bool
) -> None:
    body = app.api_doc["paths"]["/filelists"]["post"]["requestBody"]
    assert body["required"]
    assert Draft202012Validator(body["content"]["text/plain"]["schema"]).is_valid(text) is fits
    assert (ada.post("/filelists", data=text, content_type="text/plain").status_code == 201) is fits


def test_every_call_is_described_with_the_refusals_before_any_route(app: Web) -> None:
    for page, item in app.api_doc["paths"].items():
        for call in item.values():
            assert {str(status) for status in REASONS} <= set(call["responses"]), page
            assert "Retry-After" in call["responses"]["429"]["headers"], page


def test_the_events_of_a_stream_fit_their_schema(app: Web, ada: CheckedClient, order: str) -> None:
    assert ada.post(f"/jobs/{order}/cancel", json={}).status_code == 202
    reply = app.api_doc["paths"]["/jobs/{id}/events"]["get"]["responses"]["200"]
    schema = Draft202012Validator(reply["content"]["text/event-stream"]["schema"])
    *events, rest = ada.get(f"/jobs/{order}/events").text.split("\n\n")
    assert not rest
    found = [dict(line.split(": ", 1) for line in event.splitlines()) for event in events]
    assert "end" in [event["event"] for event in found]
    for event in found:
        schema.validate(event)
        assert json.loads(event["data"])["id"] == order


def test_a_cancel_needs_no_body(app: Web, ada: CheckedClient, order: str) -> None:
    assert not app.api_doc["paths"]["/jobs/{id}/cancel"]["post"]["requestBody"]["required"]
    assert ada.post(f"/jobs/{order}/cancel").status_code == 202


@pytest.mark.parametrize(
    ("params", "fits"),
    [
        ({"alluxioUri": "/data/train"}, True),
        ({"alluxioUri": "/data/train", "fromFileList": False, "fileListId": None, "depth": 2.0}, True),
        ({}, False),
        ({"alluxioUri": None}, False),
        ({"alluxioUri": "data"}, False),
        ({"alluxioUri": "/data/../etc"}, False),
        ({"alluxioUri": "/data", "fileListId": ULID}, False),
        ({"fromFileList": True}, False),
        ({"alluxioUri": "/data/train", "depth": 2.5}, False),
    ],
)
def test_params_fit_their_schema_if_and_only_if_they_are_taken(
    app: Web, ada: CheckedClient, params: dict[str, Any], fits: bool
) -> None:
    components = app.api_doc["components"]
    schema = {"$ref": "#/components/schemas/OrderBody", "components": components}
    assert Draft202012Validator(schema).is_valid({"params": params}) is fits
    assert ada.post("/preload", json={"params": params}).status_code == (202 if fits else 400)


def test_a_path_by_a_list_may_be_anything_as_it_is_ignored(app: Web, ada: CheckedClient) -> None:
    made = ada.post("/filelists", data="/data/top.bin", content_type="text/plain").get_json()["fileListId"]
    params = {"fromFileList": True, "fileListId": made, "alluxioUri": "ignored"}
    schema = {"$ref": "#/components/schemas/OrderBody", "components": app.api_doc["components"]}
    Draft202012Validator(schema).validate({"params": params})
    assert ada.post("/preload", json={"params": params}).status_code == 202


def test_a_whole_number_may_be_written_with_a_point(ada: CheckedClient) -> None:
    body = {"type": 1.0, "params": {"alluxioUri": "/data/train", "depth": 2.0}}
    made = ada.post("/jobs", json=body)
    assert (made.status_code, made.get_json()["params"]["depth"]) == (202, 2)


@pytest.mark.parametrize("wrong", ["yes", 1, "true"])
def test_a_truth_in_a_body_is_true_or_false(ada: CheckedClient, wrong: object) -> None:
    refused = ada.post("/free", json={"alluxioUri": "/data/top.bin", "alluxioUriEncoded": wrong})
    assert refused.status_code == 400
    assert [each["field"] for each in refused.get_json()["errors"]] == ["alluxioUriEncoded"]


def test_a_name_is_described_without_control_characters(app: Web, ada: CheckedClient) -> None:
    schema = {"$ref": "#/components/schemas/OrderBody", "components": app.api_doc["components"]}
    for name, fits in (("day 1 ü", True), ("day\t1", False), ("day\x7f", False)):
        body = {"name": name, "params": {"alluxioUri": "/data/train"}}
        assert Draft202012Validator(schema).is_valid(body) is fits
        assert ada.post("/preload", json=body).status_code == (202 if fits else 400)


def test_docs_name_every_call_and_no_other(app: Web) -> None:
    documented = set(
        re.findall(r"^#+ `(GET|POST|PUT|PATCH|DELETE) (/[^`?]*)`", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert documented == calls(app)


def test_the_params_are_described_as_they_are_declared(nobody: CheckedClient) -> None:
    schemas = nobody.get("/openapi.json").get_json()["components"]["schemas"]
    properties = schemas["JobParams"]["properties"]
    assert set(properties) == {camel(name) for name in OPTIONS}
    for name, rule in OPTIONS.items():
        described = properties[camel(name)]
        described |= described.get("anyOf", [{}])[0]
        assert described["description"] == rule.description
        assert {word: described[word] for word in rule.schema()} == rule.schema()
    assert properties["onConflict"]["enum"] == ["fail", "overwrite"]
    assert (properties["depth"]["minimum"], properties["depth"]["maximum"]) == (0, 1000)
