"""The stub's replies have the shapes that the API declares, and so has what the client expects."""

from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from avio.api import (
    fleet_responses,
    gate_shapes,
    keep_shapes,
    plan_shapes,
    responses,
    schedule_shapes,
    top_shapes,
    webhook_shapes,
)
from avio.client import fleet_shapes, shapes
from avio.client import keep_shapes as client_keeps
from avio.client import plan_shapes as client_plans
from avio.client import schedule_shapes as schedules
from avio.client import webhook_shapes as webhooks
from avio.rules.counters import ALONE, AMOUNTS
from avio.wire.options import camel
from tests.unit.commands import samples, top_samples


@pytest.mark.parametrize(
    ("model", "sample"),
    [
        (responses.LoginInfo, samples.login_info()),
        (responses.Whoami, samples.whoami_info()),
        (responses.EntryInfo, samples.entry_info()),
        (responses.EntryPage, samples.entry_page(samples.entry_info())),
        (responses.JobInfo, samples.job_info()),
        (responses.JobInfo, samples.job_info("succeeded")),
        (responses.JobDetail, samples.job_detail(attempts=[samples.attempt_info()])),
        (responses.JobDetail, samples.job_detail("succeeded", type=6, attempts=[], plan=samples.plan_info())),
        (responses.JobPage, samples.PAGE_OF_NONE),
        (responses.FreedInfo, samples.freed_info()),
        (responses.TierList, samples.tier_list()),
        (gate_shapes.WaitInfo, samples.wait_info()),
        (fleet_responses.NodeList, samples.node_list()),
        (fleet_responses.MountList, samples.mount_list()),
        (responses.FailurePage, samples.failure_page(samples.failure())),
        (responses.FileListPage, {"fileLists": [samples.file_list()], "nextPageToken": None}),
        (webhook_shapes.WebhookInfo, samples.webhook()),
        (webhook_shapes.DeliveryPage, {"deliveries": [samples.delivery()], "nextPageToken": None}),
        (keep_shapes.KeepInfo, samples.keep_info()),
        (keep_shapes.KeepPage, {"keeps": [samples.keep_info()], "nextPageToken": None}),
        (top_shapes.TopInfo, top_samples.top_info(top_samples.top_row())),
        (schedule_shapes.ScheduleInfo, samples.schedule_info()),
        (schedule_shapes.ScheduleDetail, samples.schedule_detail(samples.run_info(), samples.run_info("running"))),
        (schedule_shapes.SchedulePage, {"schedules": [samples.schedule_info()], "nextPageToken": None}),
    ],
)
def test_a_sample_is_as_the_api_gives_it(model: type[BaseModel], sample: dict[str, Any]) -> None:
    assert model.model_validate(sample).model_dump(by_alias=True, mode="json") == sample


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (responses.LoginInfo, shapes.Login),
        (responses.Whoami, shapes.Whoami),
        (responses.EntryInfo, shapes.EntryInfo),
        (responses.EntryPage, shapes.ListPage),
        (responses.ErrorInfo, shapes.ErrorGroup),
        (responses.JobInfo, shapes.JobInfo),
        (responses.JobDetail, shapes.JobDetail),
        (plan_shapes.PlanInfo, client_plans.Plan),
        (plan_shapes.PlannedTierInfo, client_plans.PlannedTier),
        (plan_shapes.NoticeInfo, client_plans.Notice),
        (plan_shapes.BesideInfo, client_plans.BesideJob),
        (responses.AttemptInfo, shapes.Attempt),
        (responses.MoverInfo, shapes.Mover),
        (responses.JobPage, shapes.JobPage),
        (responses.FailureInfo, shapes.Failure),
        (responses.FailurePage, shapes.FailurePage),
        (responses.FileListInfo, shapes.FileList),
        (responses.FileListPage, shapes.FileListPage),
        (keep_shapes.KeepInfo, client_keeps.KeepInfo),
        (keep_shapes.KeepPage, client_keeps.KeepPage),
        (top_shapes.TopSums, fleet_shapes.TopSums),
        (top_shapes.TopRow, fleet_shapes.TopRow),
        (top_shapes.SurveyInfo, fleet_shapes.SurveyInfo),
        (top_shapes.TopInfo, fleet_shapes.TopInfo),
        (schedule_shapes.RunInfo, schedules.Run),
        (schedule_shapes.ScheduleInfo, schedules.ScheduleInfo),
        (schedule_shapes.ScheduleDetail, schedules.ScheduleDetail),
        (schedule_shapes.SchedulePage, schedules.SchedulePage),
        (responses.FreedInfo, shapes.Freed),
        (webhook_shapes.WebhookInfo, webhooks.Webhook),
        (webhook_shapes.DeliveryInfo, webhooks.Delivery),
        (webhook_shapes.DeliveryPage, webhooks.DeliveryPage),
        (responses.TierInfo, shapes.Tier),
        (responses.TierList, shapes.TierList),
        (gate_shapes.WaitInfo, shapes.WaitInfo),
        (fleet_responses.RunningJob, fleet_shapes.RunningJob),
        (fleet_responses.NodeInfo, fleet_shapes.NodeInfo),
        (fleet_responses.NodeList, fleet_shapes.NodeList),
        (fleet_responses.MountInfo, fleet_shapes.MountInfo),
        (fleet_responses.MountList, fleet_shapes.MountList),
    ],
)
def test_the_client_knows_every_member_of_a_reply(model: type[BaseModel], shape: type) -> None:
    assert set(get_type_hints(shape)) == {field.alias for field in model.model_fields.values()}


def test_the_client_knows_the_progress_but_for_counters_that_came_later() -> None:
    members = {field.alias for field in responses.ProgressInfo.model_fields.values()}
    known = set(get_type_hints(shapes.Progress))
    assert known <= members
    assert members - known <= {camel(name) for name in (*AMOUNTS, *ALONE)}
