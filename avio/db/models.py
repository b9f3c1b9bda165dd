"""The rows of `schema.sql` as peewee models, for reads and simple writes.

Tables are made by `schema.sql`, never from here; a test compares the two. Comments on columns are there.
"""

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    DatabaseProxy,
    DoubleField,
    IntegerField,
    Model,
    SmallIntegerField,
    TextField,
)

from avio.wire.progress import COUNTERS, Counters
from avio.wire.waiting import Waiting

database = DatabaseProxy()


class Row(Model):
    """Base of all tables, with the database that `connection.open_database` opened."""

    class Meta:
        database = database
        legacy_table_names = False


class SchemaVersion(Row):
    """Which upgrades the database has."""

    version = IntegerField(primary_key=True)


class UserGroup(Row):
    """Users that share a weight."""

    name = TextField(primary_key=True)
    weight = IntegerField(default=1)
    jobs_max = IntegerField(null=True)

    class Meta:
        table_name = "user_groups"


class User(Row):
    """A user who may log in."""

    uid = BigIntegerField(primary_key=True)
    name = TextField(unique=True)
    password_hash = TextField()
    admin = BooleanField()
    created_at = DoubleField()
    disabled_at = DoubleField(null=True)
    weight = IntegerField(default=1)
    group_name = TextField(null=True)
    jobs_max = IntegerField(null=True)
    may_overtake = BooleanField(default=False)

    class Meta:
        table_name = "users"


class UserTurn(Row):
    """The turns of a user."""

    uid = BigIntegerField(primary_key=True)
    turn = DoubleField()
    urgent_turn = DoubleField()

    class Meta:
        table_name = "turns"


class Token(Row):
    """A login, by the digest of its token."""

    digest = TextField(primary_key=True)
    uid = BigIntegerField()
    created_at = DoubleField()
    expires_at = DoubleField()
    revoked_at = DoubleField(null=True)

    class Meta:
        table_name = "tokens"


class Node(Row):
    """A worker node and its lease."""

    name = TextField(primary_key=True)
    epoch = BigIntegerField()
    boot_id = TextField()
    instance = TextField(default="")
    state = TextField()
    slots = IntegerField()
    lease_until = DoubleField()
    started_at = DoubleField()
    seen_at = DoubleField()
    older_until = DoubleField(default=0)
    job_limits = TextField(default="{}")

    class Meta:
        table_name = "nodes"


class NodeEpoch(Row):
    """The greatest epoch of a deleted node."""

    epoch = BigIntegerField(primary_key=True)

    class Meta:
        table_name = "node_epochs"


class Aggregator(Row):
    """An aggregator, and when it was last seen."""

    name = TextField(primary_key=True)
    seen_at = DoubleField()

    class Meta:
        table_name = "aggregators"


class FairOrder(Row):
    """The turn of the newest claim, in one row."""

    id = SmallIntegerField(primary_key=True)
    turn = DoubleField()
    urgent_turn = DoubleField()

    class Meta:
        table_name = "fair_order"


class FileList(Row):
    """An uploaded list of paths."""

    id = TextField(primary_key=True)
    uid = BigIntegerField()
    lines = BigIntegerField()
    bytes = BigIntegerField()
    complete = BooleanField()
    created_at = DoubleField()

    class Meta:
        table_name = "filelists"


class FileListChunk(Row):
    """A chunk of a file list's text."""

    list_id = TextField()
    no = IntegerField()
    data = BlobField()

    class Meta:
        table_name = "filelist_chunks"
        primary_key = CompositeKey("list_id", "no")


class Job(Row):
    """A job: its order, its state and its outcome. The columns of its counters are added below."""

    id = TextField(primary_key=True)
    uid = BigIntegerField()
    name = TextField()
    type = SmallIntegerField()
    params = TextField()
    path = TextField(null=True)
    list_id = TextField(null=True)
    idem_key = TextField(null=True)
    idem_digest = TextField(null=True)
    retry_of = TextField(null=True)
    schedule_id = TextField(null=True)
    not_before = DoubleField(null=True)
    after_jobs = TextField(null=True)
    state = TextField(default="queued")
    reason = TextField(null=True)
    message = TextField(default="")
    phase = TextField(null=True)
    attempt = IntegerField(default=0)
    seq = BigIntegerField(default=0)
    crashes = IntegerField(default=0)
    losses = IntegerField(default=0)
    node = TextField(null=True)
    node_epoch = BigIntegerField(null=True)
    run_at = DoubleField()
    pushed_at = DoubleField(null=True)
    cancel_at = DoubleField(null=True)
    cancel_reason = TextField(null=True)
    bandwidth = BigIntegerField(null=True)
    concurrency = IntegerField(null=True)
    own_webhook = BooleanField(default=False)
    priority = SmallIntegerField(default=0)
    labels = TextField(default="{}")
    total_complete = BooleanField(default=False)
    speed_bps = BigIntegerField(default=0)
    average_bps = BigIntegerField(null=True)
    in_flight = BigIntegerField(null=True)
    bytes_in_flight = BigIntegerField(null=True)
    waits = TextField(null=True)
    reserved = TextField(null=True)
    room_bytes = BigIntegerField(null=True)
    room_tier = TextField(null=True)
    room_since = DoubleField(null=True)
    phases = TextField(null=True)
    eta_p50 = DoubleField(null=True)
    eta_p90 = DoubleField(null=True)
    errors = TextField(default="[]")
    verified_files = BigIntegerField(null=True)
    verified_bytes = BigIntegerField(null=True)
    plan = TextField(null=True)
    local_path = TextField(null=True)
    trace = TextField(null=True)
    version = BigIntegerField(default=1)
    created_at = DoubleField()
    started_at = DoubleField(null=True)
    updated_at = DoubleField()
    finished_at = DoubleField(null=True)
    released_at = DoubleField(null=True)
    artifacts_deleted_at = DoubleField(null=True)

    # Why a queued job waits, which `avio.rules.waiting` finds out; no column.
    waiting: Waiting | None = None

    class Meta:
        table_name = "jobs"

    @property
    def counters(self) -> Counters:
        """The figures of the job so far."""
        return Counters(**{name: getattr(self, name) for name in COUNTERS})


for _name in COUNTERS:
    Job._meta.add_field(_name, BigIntegerField(default=0))  # noqa: SLF001 - peewee's documented place for it


class Attempt(Row):
    """One run of a job on a node."""

    job_id = TextField()
    attempt = IntegerField()
    node = TextField()
    epoch = BigIntegerField()
    pid = BigIntegerField(null=True)
    isolation = TextField(null=True)
    started_at = DoubleField()
    ended_at = DoubleField(null=True)
    outcome = TextField(null=True)
    exit_code = IntegerField(null=True)
    exit_signal = IntegerField(null=True)
    max_rss = BigIntegerField(null=True)
    event_key = TextField(null=True)
    movers = TextField(null=True)

    class Meta:
        table_name = "attempts"
        primary_key = CompositeKey("job_id", "attempt")


class FailedFile(Row):
    """A file that failed."""

    job_id = TextField()
    path_digest = TextField()
    path = TextField()
    attempt = IntegerField()
    reason = TextField()
    message = TextField()
    tries = IntegerField()

    class Meta:
        table_name = "failures"
        primary_key = CompositeKey("job_id", "path_digest")


class Artifact(Row):
    """A chunk of a log, report or result."""

    job_id = TextField()
    attempt = IntegerField()
    kind = TextField()
    no = IntegerField()
    data = BlobField()

    class Meta:
        table_name = "artifacts"
        primary_key = CompositeKey("job_id", "attempt", "kind", "no")
