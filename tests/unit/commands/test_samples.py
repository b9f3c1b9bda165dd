"""The stub's replies have the shapes that the API declares, and so has what the client expects."""

from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from avio.api import replies
from avio.client import shapes
from tests.unit.commands import samples


@pytest.mark.parametrize(
    ("model", "sample"),
    [
        (replies.LoginInfo, samples.login_info()),
        (replies.Whoami, samples.whoami_info()),
        (replies.EntryInfo, samples.entry_info()),
        (replies.EntryPage, samples.entry_page(samples.entry_info())),
        (replies.JobInfo, samples.job_info()),
        (replies.JobInfo, samples.job_info("succeeded")),
        (replies.JobPage, samples.PAGE_OF_NONE),
        (replies.FreedInfo, samples.freed_info()),
        (replies.TierList, samples.tier_list()),
    ],
)
def test_a_sample_is_as_the_api_gives_it(model: type[BaseModel], sample: dict[str, Any]) -> None:
    assert model.model_validate(sample).model_dump(by_alias=True, mode="json") == sample


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (replies.LoginInfo, shapes.Login),
        (replies.Whoami, shapes.Whoami),
        (replies.EntryInfo, shapes.EntryInfo),
        (replies.EntryPage, shapes.ListPage),
        (replies.ProgressInfo, shapes.Progress),
        (replies.ErrorInfo, shapes.ErrorGroup),
        (replies.JobInfo, shapes.JobInfo),
        (replies.JobPage, shapes.JobPage),
        (replies.FileListInfo, shapes.FileList),
        (replies.FreedInfo, shapes.Freed),
        (replies.TierInfo, shapes.Tier),
        (replies.TierList, shapes.TierList),
    ],
)
def test_the_client_knows_every_member_of_a_reply(model: type[BaseModel], shape: type) -> None:
    assert set(get_type_hints(shape)) == {field.alias for field in model.model_fields.values()}
