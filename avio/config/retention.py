"""The settings of retention: how long the database keeps what, and how much of it one user may have there.

Read by the aggregator, which deletes, and by web, which refuses. Ages are in seconds; 0 keeps for ever.
"""

from pydantic import ByteSize, Field

from avio.config.size import Size
from avio.config.table import Age, Count, Table

DAY_SECONDS = 86400


class RetentionSettings(Table):
    """How long what is kept."""

    job_keep: Age = Field(
        365 * DAY_SECONDS,
        description="Seconds that an ended job stays in the list; 0 is for ever. Longer while free needs it.",
    )
    artifact_keep: Age = Field(
        30 * DAY_SECONDS,
        description="Seconds that log, report, result and failed files of an ended job stay; 0 is for ever.",
    )
    attempt_keep: Age = Field(
        DAY_SECONDS,
        description="Seconds that artifacts of earlier attempts stay after the end of a job; 0 is for ever.",
    )
    key_keep: Age = Field(
        7 * DAY_SECONDS,
        description="Seconds after the end of a job that its Idempotency-Key finds it; 0 is for ever.",
    )
    list_keep: Age = Field(
        7 * DAY_SECONDS,
        description="Seconds that a file list stays after its upload and after the end of its last job; 0 is for ever.",
    )
    upload_keep: Age = Field(
        DAY_SECONDS, description="Seconds that an unfinished upload of a file list stays; 0 is for ever."
    )
    node_keep: Age = Field(
        30 * DAY_SECONDS,
        description="Seconds that a lost node stays in the list after its last heartbeat; 0 is for ever.",
    )
    token_keep: Age = Field(
        7 * DAY_SECONDS, description="Seconds that an expired token stays in avio-server token list; 0 is for ever."
    )
    delivery_keep: Age = Field(
        30 * DAY_SECONDS,
        description="Seconds that a delivery to a webhook stays in its log after its end; 0 is as long as its job.",
    )
    keep_keep: Age = Field(
        30 * DAY_SECONDS, description="Seconds that a keep stays in the list after its end; 0 is for ever."
    )
    lists_max: Count = Field(1000, description="File lists that one user may have, unfinished uploads included.")
    lists_bytes_max: Size = Field(
        ByteSize(1 << 30), gt=0, description="Bytes that all file lists of one user may have."
    )
