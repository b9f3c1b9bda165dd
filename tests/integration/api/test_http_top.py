"""Who fills the cache, by HTTP: the folded maps of the tiers."""

import os
from pathlib import Path

import pytest

from avio.api.services import Services
from avio.config import Settings
from supervisor.intake.survey import Surveyor
from tests.integration.api.conftest import CheckedClient


@pytest.fixture
def surveyed(ada: CheckedClient, services: Services, settings: Settings) -> None:
    """A file of a program in the cache, and a node that has surveyed it."""
    file = Path(settings.tiers[0].path) / "data/train/new.bin"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"12345")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    Surveyor("n1", services.engine.surveys).look()


@pytest.mark.usefixtures("surveyed")
def test_the_cache_by_directory_by_user_and_by_mount(ada: CheckedClient, settings: Settings) -> None:
    sums = {
        "files": 1,
        "bytes": 5,
        "unreadBytes": 0,
        "unsureBytes": 0,
        "unsavedFiles": 1,
        "unsavedBytes": 5,
        "oldestUnsaved": "2023-11-15T06:13:20.000+08:00",
    }
    nothing = dict.fromkeys(sums, 0) | {"oldestUnsaved": None}
    nobody = dict.fromkeys(("came", "uid", "user", "job", "name"))

    found = ada.get("/top?depth=2").get_json()
    (tier,) = found.pop("tiers")
    assert (tier["alias"], tier["isWhole"]) == (settings.tiers[0].alias, True)
    assert tier["surveyTime"]
    assert found == {
        "by": "prefix",
        "path": "/",
        "isWhole": True,
        "rows": [{**sums, **nobody, "path": "/data/train"}],
        "otherRows": 0,
        "others": nothing,
        "total": sums,
    }
    (user,) = ada.get("/top?by=user&alluxioUri=/data").get_json()["rows"]
    assert (user["came"], user["user"], user["path"]) == ("written", None, None)
    assert ada.get("/top?by=job&alluxioUri=/elsewhere").get_json()["rows"] == []
    assert ada.get("/top?by=mount&tier=" + tier["alias"]).get_json()["rows"][0]["path"] == "/data"


def test_before_the_first_survey_nothing_is_known(ada: CheckedClient) -> None:
    found = ada.get("/top").get_json()
    assert (found["rows"], found["isWhole"], found["tiers"][0]["surveyTime"]) == ([], False, None)


@pytest.mark.parametrize("query", ["by=size", "depth=0", "depth=7", "tier=HDD9", "pageSize=0", "alluxioUri=x"])
def test_what_can_not_be_summed_up_is_refused(ada: CheckedClient, query: str) -> None:
    refused = ada.get(f"/top?{query}")
    assert refused.status_code == 400
    assert [each["field"] for each in refused.get_json()["errors"]] == [query.partition("=")[0]]
