"""The row of a tier of the local engine, as a peewee model. `schema.sql` makes its table, and has the comments."""

from peewee import BigIntegerField, DoubleField, TextField

from avio.db.models import Row


class TierId(Row):
    """The id of a tier of the local engine."""

    name = TextField(primary_key=True)
    tier_id = TextField()
    capacity = BigIntegerField(null=True)
    used = BigIntegerField(null=True)
    reserved = BigIntegerField(null=True)
    free = BigIntegerField(null=True)
    seen_at = DoubleField(null=True)

    class Meta:
        table_name = "tiers"
