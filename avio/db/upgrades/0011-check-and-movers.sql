-- A job may compare cache and bucket (type 5), with counters of its own. An attempt tells what each of its movers did.
ALTER TABLE attempts ADD COLUMN movers TEXT;
-- only postgresql
ALTER TABLE jobs DROP CONSTRAINT jobs_type_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_type_check CHECK (type IN (0, 1, 2, 3, 4, 5));
ALTER TABLE jobs ADD COLUMN files_different BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN bytes_different BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN files_only_in_bucket BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN bytes_only_in_bucket BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN files_only_in_cache BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN bytes_only_in_cache BIGINT NOT NULL DEFAULT 0;
-- end
-- only sqlite
-- SQLite changes no CHECK in place. The keys of other tables that point at jobs are looked at when all is done.
PRAGMA defer_foreign_keys = ON;
CREATE TEMP TABLE jobs_before AS SELECT * FROM jobs;
DROP TABLE jobs;
CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,
    uid         BIGINT NOT NULL REFERENCES users (uid),
    name        TEXT NOT NULL,
    type        SMALLINT NOT NULL CHECK (type IN (0, 1, 2, 3, 4, 5)),
    params      TEXT NOT NULL,
    path        TEXT,
    list_id     TEXT,
    idem_key    TEXT,
    idem_digest TEXT,
    retry_of    TEXT REFERENCES jobs (id),
    state       TEXT NOT NULL CHECK (state IN
        ('queued', 'starting', 'running', 'stopping', 'succeeded', 'partial', 'failed', 'cancelled')),
    reason      TEXT,
    message     TEXT NOT NULL,
    phase       TEXT CHECK (phase IN ('listing', 'transferring', 'verifying')),
    attempt     INTEGER NOT NULL,
    seq         BIGINT NOT NULL,
    crashes     INTEGER NOT NULL,
    losses      INTEGER NOT NULL,
    node        TEXT,
    node_epoch  BIGINT,
    run_at      DOUBLE PRECISION NOT NULL,
    pushed_at   DOUBLE PRECISION,
    cancel_at   DOUBLE PRECISION,
    cancel_reason TEXT,
    bandwidth   BIGINT,
    concurrency INTEGER,
    files_total    BIGINT NOT NULL DEFAULT 0,
    bytes_total    BIGINT NOT NULL DEFAULT 0,
    total_complete BOOLEAN NOT NULL,
    files_done     BIGINT NOT NULL DEFAULT 0,
    bytes_done     BIGINT NOT NULL DEFAULT 0,
    files_skipped  BIGINT NOT NULL DEFAULT 0,
    bytes_skipped  BIGINT NOT NULL DEFAULT 0,
    files_kept     BIGINT NOT NULL DEFAULT 0,
    bytes_kept     BIGINT NOT NULL DEFAULT 0,
    files_failed   BIGINT NOT NULL DEFAULT 0,
    bytes_failed   BIGINT NOT NULL DEFAULT 0,
    files_left_out BIGINT NOT NULL DEFAULT 0,
    files_repaired BIGINT NOT NULL DEFAULT 0,
    files_different BIGINT NOT NULL DEFAULT 0,
    bytes_different BIGINT NOT NULL DEFAULT 0,
    files_only_in_bucket BIGINT NOT NULL DEFAULT 0,
    bytes_only_in_bucket BIGINT NOT NULL DEFAULT 0,
    files_only_in_cache BIGINT NOT NULL DEFAULT 0,
    bytes_only_in_cache BIGINT NOT NULL DEFAULT 0,
    bytes_wire     BIGINT NOT NULL DEFAULT 0,
    speed_bps      BIGINT NOT NULL,
    errors         TEXT NOT NULL,
    verified_files BIGINT,
    verified_bytes BIGINT,
    local_path  TEXT,
    version     BIGINT NOT NULL,
    created_at  DOUBLE PRECISION NOT NULL,
    started_at  DOUBLE PRECISION,
    updated_at  DOUBLE PRECISION NOT NULL,
    finished_at DOUBLE PRECISION,
    released_at DOUBLE PRECISION,
    artifacts_deleted_at DOUBLE PRECISION,
    UNIQUE (uid, idem_key),
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'partial', 'failed', 'cancelled'))),
    CHECK ((node IS NOT NULL) = (state IN ('starting', 'running', 'stopping')))
);
INSERT INTO jobs (id, uid, name, type, params, path, list_id, idem_key, idem_digest, retry_of, state, reason, message,
    phase, attempt, seq, crashes, losses, node, node_epoch, run_at, pushed_at, cancel_at, cancel_reason, bandwidth,
    concurrency, files_total, bytes_total, total_complete, files_done, bytes_done, files_skipped, bytes_skipped,
    files_kept, bytes_kept, files_failed, bytes_failed, files_left_out, files_repaired, bytes_wire, speed_bps, errors,
    verified_files, verified_bytes, local_path, version, created_at, started_at, updated_at, finished_at, released_at,
    artifacts_deleted_at)
    SELECT id, uid, name, type, params, path, list_id, idem_key, idem_digest, retry_of, state, reason, message, phase,
    attempt, seq, crashes, losses, node, node_epoch, run_at, pushed_at, cancel_at, cancel_reason, bandwidth,
    concurrency, files_total, bytes_total, total_complete, files_done, bytes_done, files_skipped, bytes_skipped,
    files_kept, bytes_kept, files_failed, bytes_failed, files_left_out, files_repaired, bytes_wire, speed_bps, errors,
    verified_files, verified_bytes, local_path, version, created_at, started_at, updated_at, finished_at, released_at,
    artifacts_deleted_at FROM jobs_before;
DROP TABLE jobs_before;
CREATE INDEX jobs_queued ON jobs (state, run_at, id) WHERE state = 'queued';
CREATE INDEX jobs_owned ON jobs (node) WHERE state IN ('starting', 'running', 'stopping');
CREATE INDEX jobs_of_user ON jobs (uid, id);
CREATE INDEX jobs_state ON jobs (state, type, id);
CREATE INDEX jobs_state_of_user ON jobs (uid, state, type, id);
CREATE INDEX jobs_ended ON jobs (finished_at, id) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_retries ON jobs (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX jobs_list ON jobs (list_id) WHERE list_id IS NOT NULL;
CREATE INDEX jobs_uses ON jobs (uid, substr(path, 1, 256), id) WHERE finished_at IS NOT NULL AND released_at IS NULL;
CREATE INDEX jobs_path ON jobs (substr(path, 1, 256));
CREATE TRIGGER guard_terminal BEFORE UPDATE ON jobs
WHEN OLD.state IN ('succeeded', 'partial', 'failed', 'cancelled') AND NEW.state <> OLD.state
BEGIN
    SELECT RAISE(ABORT, 'terminal states are final');
END;
CREATE TRIGGER guard_attempt BEFORE UPDATE ON jobs WHEN NEW.attempt < OLD.attempt
BEGIN
    SELECT RAISE(ABORT, 'attempt may not fall');
END;
-- end
