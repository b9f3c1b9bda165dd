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

database = DatabaseProxy()


class Row(Model):
    """What all tables share: the database that `connecting.open_database` opened."""

    class Meta:
        database = database
        legacy_table_names = False


class SchemaVersion(Row):
    """Which upgrades the database has."""

    version = IntegerField(primary_key=True)


class User(Row):
    """Somebody who may log in."""

    uid = BigIntegerField(primary_key=True)
    name = TextField(unique=True)
    password_hash = TextField()
    admin = BooleanField()
    created_at = DoubleField()
    disabled_at = DoubleField(null=True)

    class Meta:
        table_name = "users"


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
    state = TextField()
    slots = IntegerField()
    lease_until = DoubleField()
    started_at = DoubleField()
    seen_at = DoubleField()

    class Meta:
        table_name = "nodes"


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
    """A piece of a file list's text."""

    list_id = TextField()
    no = IntegerField()
    data = BlobField()

    class Meta:
        table_name = "filelist_chunks"
        primary_key = CompositeKey("list_id", "no")


class Job(Row):
    """An order, how it stands and what became of it."""

    id = TextField(primary_key=True)
    uid = BigIntegerField()
    name = TextField()
    type = SmallIntegerField()
    params = TextField()
    idem_key = TextField(null=True)
    idem_digest = TextField(null=True)
    retry_of = TextField(null=True)
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
    files_total = BigIntegerField(default=0)
    bytes_total = BigIntegerField(default=0)
    total_complete = BooleanField(default=False)
    files_done = BigIntegerField(default=0)
    bytes_done = BigIntegerField(default=0)
    files_skipped = BigIntegerField(default=0)
    bytes_skipped = BigIntegerField(default=0)
    files_failed = BigIntegerField(default=0)
    bytes_failed = BigIntegerField(default=0)
    bytes_wire = BigIntegerField(default=0)
    speed_bps = BigIntegerField(default=0)
    errors = TextField(default="[]")
    verified_files = BigIntegerField(null=True)
    verified_bytes = BigIntegerField(null=True)
    version = BigIntegerField(default=1)
    created_at = DoubleField()
    started_at = DoubleField(null=True)
    updated_at = DoubleField()
    finished_at = DoubleField(null=True)

    class Meta:
        table_name = "jobs"


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

    class Meta:
        table_name = "attempts"
        primary_key = CompositeKey("job_id", "attempt")


class FailedFile(Row):
    """A file that did not arrive."""

    job_id = TextField()
    path = TextField()
    attempt = IntegerField()
    reason = TextField()
    message = TextField()
    tries = IntegerField()

    class Meta:
        table_name = "failures"
        primary_key = CompositeKey("job_id", "path")


class Artifact(Row):
    """A piece of a log, report or result that came from a node."""

    job_id = TextField()
    attempt = IntegerField()
    kind = TextField()
    no = IntegerField()
    data = BlobField()

    class Meta:
        table_name = "artifacts"
        primary_key = CompositeKey("job_id", "attempt", "kind", "no")


MODELS = (SchemaVersion, User, Token, Node, FileList, FileListChunk, Job, Attempt, FailedFile, Artifact)
