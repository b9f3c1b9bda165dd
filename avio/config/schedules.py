"""The settings of schedules. Read by web, which refuses, and by the aggregator, which makes their jobs."""

from typing import Annotated

from pydantic import Field

from avio.config.table import Count, Table


class ScheduleSettings(Table):
    """How many schedules a user may have, how often they may make a job, and when they pause themselves."""

    schedules_max: Count = Field(100, description="Schedules that one user may have.")
    schedule_gap: Annotated[int, Field(ge=1, le=1440)] = Field(
        5, description="Minutes that two ticks of a schedule must be apart at least."
    )
    schedule_failures: Annotated[int, Field(ge=0, le=50)] = Field(
        5, description="Failed jobs in a row after which a schedule pauses; 0: never."
    )
