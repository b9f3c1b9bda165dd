"""What the job master is asked to run: jobs alone, since to cancel a workflow can lock it up."""

from typing import Any

import pytest

from avio.engines.alluxio.clients.job_master import JobMaster
from avio.engines.alluxio.clients.rest import Rest
from avio.engines.alluxio.clients.settings import AlluxioSettings


def test_a_load_is_a_job_of_its_own_and_no_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []

    def post_once(self: Rest, path: str, *, body: Any = None, limit: float = 30) -> int:
        sent.append(body)
        return 7

    monkeypatch.setattr(Rest, "post_once", post_once)
    settings = AlluxioSettings.from_settings({"alluxio": {"web": [], "job_master": ["http://127.0.0.1:1"]}})

    assert JobMaster(settings).load(["/a", "/b"]) == 7
    assert [body["@type"] for body in sent] == ["alluxio.job.plan.BatchedJobConfig"]
    assert [one["filePath"] for one in sent[0]["jobConfig"]] == ["/a", "/b"]
