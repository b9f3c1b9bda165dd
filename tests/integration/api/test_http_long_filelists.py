"""File lists that are longer than any other body may be."""

from io import BytesIO
from typing import Any

import pytest

from avio.api.strict_request import BODY_MAX
from avio.config import Settings
from tests.integration.api.conftest import CheckedClient

LINE = b"/data/some/file\n"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"list_lines_max": 1_000_000, "list_bytes_max": 3 * BODY_MAX})


def body(megabytes: int, *, chunked: bool) -> dict[str, Any]:
    text = LINE * (megabytes * BODY_MAX // len(LINE))
    if not chunked:
        return {"data": text}
    return {"input_stream": BytesIO(text), "environ_overrides": {"wsgi.input_terminated": True}}


@pytest.mark.parametrize("chunked", [True, False])
def test_a_list_may_be_longer_than_any_other_body(ada: CheckedClient, chunked: bool) -> None:
    response = ada.post("/filelists", content_type="text/plain", **body(2, chunked=chunked))

    assert response.status_code == 201
    assert response.get_json()["bytes"] == 2 * BODY_MAX


@pytest.mark.parametrize("chunked", [True, False])
def test_a_list_beyond_its_own_limit_is_refused_in_its_own_words(ada: CheckedClient, chunked: bool) -> None:
    response = ada.post("/filelists", content_type="text/plain", **body(4, chunked=chunked))

    assert (response.status_code, response.get_json()["reason"]) == (413, "TOO_LARGE")
    assert "the file list has more than" in response.get_json()["detail"]
