"""The tables of metrics. `avio.db.tables` has all models."""

from peewee import CompositeKey, DoubleField, TextField

from avio.db.models import Row


class Total(Row):
    """A counter of metrics, or a part of a histogram."""

    metric = TextField()
    labels = TextField()
    part = TextField()
    value = DoubleField()

    class Meta:
        table_name = "totals"
        primary_key = CompositeKey("metric", "labels", "part")


class CountedJob(Row):
    """What of a job the totals have."""

    job_id = TextField(primary_key=True)
    counts = TextField()

    class Meta:
        table_name = "counted"


class UncountedJob(Row):
    """A job that has ended, and is to be counted."""

    job_id = TextField(primary_key=True)

    class Meta:
        table_name = "uncounted"
