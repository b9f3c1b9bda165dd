"""Rows beside jobs, as peewee models: schedules, predecessors, timings, keeps, cache maps, webhooks.

Tables are made by `schema.sql`, as those of `models`. Comments on columns are there.
"""

from peewee import BigIntegerField, BooleanField, CompositeKey, DoubleField, IntegerField, SmallIntegerField, TextField

from avio.db.models import Row


class Predecessor(Row):
    """A job that a queued job waits for."""

    job_id = TextField()
    predecessor = TextField()
    must_succeed = BooleanField()

    class Meta:
        table_name = "predecessors"
        primary_key = CompositeKey("job_id", "predecessor")


class Schedule(Row):
    """A schedule: what its jobs do, and at which ticks."""

    id = TextField(primary_key=True)
    uid = BigIntegerField()
    name = TextField()
    type = SmallIntegerField()
    params = TextField()
    cron = TextField()
    timezone = TextField()
    missed = TextField()
    overlap = TextField()
    next_at = DoubleField()
    look_at = DoubleField(null=True)
    handled_at = DoubleField(null=True)
    message = TextField(default="")
    counted_from = DoubleField()
    created_at = DoubleField()
    updated_at = DoubleField()

    class Meta:
        table_name = "schedules"


class Webhook(Row):
    """Where the ends of a user's jobs are told, and the secret that signs what is sent."""

    uid = BigIntegerField(primary_key=True)
    url = TextField(null=True)
    states = TextField()
    secret = TextField()
    created_at = DoubleField()
    updated_at = DoubleField()

    class Meta:
        table_name = "webhooks"


class Delivery(Row):
    """The end of a job that is told to a webhook."""

    job_id = TextField(primary_key=True)
    uid = BigIntegerField()
    tries = IntegerField(default=0)
    next_at = DoubleField(null=True)
    held_until = DoubleField(null=True)
    url = TextField(null=True)
    code = IntegerField(null=True)
    error = TextField(default="")
    delivered = BooleanField(default=False)
    created_at = DoubleField()
    ended_at = DoubleField(null=True)

    class Meta:
        table_name = "deliveries"


class Keep(Row):
    """A path whose cached files stay cached until a time, or until somebody ends it."""

    id = TextField(primary_key=True)
    uid = BigIntegerField()
    path = TextField()
    until_at = DoubleField(null=True)
    created_at = DoubleField()
    updated_at = DoubleField()
    ended_at = DoubleField(null=True)
    ended_by = TextField(null=True)

    class Meta:
        table_name = "keeps"


class TierMap(Row):
    """What fills a tier, as a node last surveyed it."""

    tier = TextField(primary_key=True)
    due_at = DoubleField()
    node = TextField(null=True)
    taken_at = DoubleField(null=True)
    took = DoubleField(null=True)
    map = TextField(null=True)

    class Meta:
        table_name = "cache_maps"


class JobTiming(Row):
    """How long a job took, and what it had expected."""

    job_id = TextField(primary_key=True)
    type = SmallIntegerField()
    path = TextField(null=True)
    ended_at = DoubleField()
    files = BigIntegerField()
    bytes = BigIntegerField()
    transfer_ms = BigIntegerField()
    verified = BigIntegerField()
    verify_ms = BigIntegerField()
    limited = BooleanField()
    forecasts = TextField()

    class Meta:
        table_name = "timings"
