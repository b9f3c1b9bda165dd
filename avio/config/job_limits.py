"""The settings that limit how many jobs run at once, on all nodes together.

Read by intake, which claims within them. Opens no connection.
"""

from pydantic import Field

from avio.config.table import Count, Table


class JobLimitSettings(Table):
    """How many jobs may run at once. The strictest setting of the nodes that are alive holds."""

    jobs_per_user: Count | None = Field(
        None,
        description="Jobs of one user that run at once, on all nodes together; absent: no limit. A user may have an own"
        " one.",
    )
    jobs_per_group: Count | None = Field(
        None,
        description="Jobs of all users of a group that run at once; absent: no limit. A group may have an own one.",
    )
    jobs_per_mount: Count | None = Field(
        None, description="Jobs that run at once on one mount; absent: no limit. A file list may use all mounts."
    )
    jobs_per_bucket: Count | None = Field(
        None, description="Jobs that run at once on one bucket, by all of its mounts; absent: no limit."
    )
