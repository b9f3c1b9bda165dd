-- The tables of avio server, for PostgreSQL 15+ and SQLite 3.38+: the truth that models and docs are tested against.
-- Times are seconds since the epoch, on the database's own clock where a lease depends on them.
-- Lines between "-- only postgresql" or "-- only sqlite" and "-- end" are for that database alone.

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY              -- number of the newest upgrade that this database has
);

CREATE TABLE users (
    uid           BIGINT PRIMARY KEY,        -- number of the user, as in JobSpec
    name          TEXT NOT NULL UNIQUE,      -- login name
    password_hash TEXT NOT NULL,             -- argon2id, in PHC string format
    admin         BOOLEAN NOT NULL,          -- may see and order for all users
    created_at    DOUBLE PRECISION NOT NULL, -- when the user was added
    disabled_at   DOUBLE PRECISION           -- when the user was shut out; null while welcome
);

CREATE TABLE tokens (
    digest       TEXT PRIMARY KEY,           -- SHA-256 of the token, in hex; the token itself is kept nowhere
    uid          BIGINT NOT NULL REFERENCES users (uid), -- whose it is
    created_at   DOUBLE PRECISION NOT NULL,  -- when the login was
    expires_at   DOUBLE PRECISION NOT NULL,  -- from when on it is refused
    revoked_at   DOUBLE PRECISION            -- when it was taken back; null while it holds
);
CREATE INDEX tokens_uid ON tokens (uid);

CREATE TABLE nodes (
    name        TEXT PRIMARY KEY,            -- the worker node, by its setting
    epoch       BIGINT NOT NULL,             -- counts the starts of its supervisor; fences the older ones
    boot_id     TEXT NOT NULL,               -- the kernel's boot, for people
    state       TEXT NOT NULL CHECK (state IN ('active', 'draining', 'lost')), -- draining: takes no further job
    slots       INTEGER NOT NULL,            -- jobs that it runs at once
    lease_until DOUBLE PRECISION NOT NULL,   -- until when its jobs are its own; written by a heartbeat, never indexed
    started_at  DOUBLE PRECISION NOT NULL,   -- when this epoch began
    seen_at     DOUBLE PRECISION NOT NULL    -- last heartbeat
);

CREATE TABLE filelists (
    id         TEXT PRIMARY KEY,             -- ULID; goes into params.fileListId
    uid        BIGINT NOT NULL REFERENCES users (uid), -- whose it is
    lines      BIGINT NOT NULL,              -- paths in it
    bytes      BIGINT NOT NULL,              -- size of the text
    complete   BOOLEAN NOT NULL,             -- false while it is being uploaded: no job may use it
    created_at DOUBLE PRECISION NOT NULL     -- when the upload began
);

CREATE TABLE filelist_chunks (
    list_id TEXT NOT NULL REFERENCES filelists (id) ON DELETE CASCADE, -- the list
    no      INTEGER NOT NULL,                -- order of the chunk, from 0
    data    BYTEA NOT NULL,                  -- UTF-8 text, a path a line; a line may go on in the next chunk
    PRIMARY KEY (list_id, no)
);

CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,            -- ULID: sorts by the time of submission
    uid         BIGINT NOT NULL REFERENCES users (uid), -- who ordered it
    name        TEXT NOT NULL,               -- what the user calls it
    type        SMALLINT NOT NULL CHECK (type IN (0, 1, 2, 3)), -- 0 ls, 1 preload, 2 save, 3 stat
    params      TEXT NOT NULL,               -- JSON, as in JobParamsSpec
    idem_key    TEXT,                        -- the Idempotency-Key of the request
    idem_digest TEXT,                        -- SHA-256 of what came with that key
    retry_of    TEXT REFERENCES jobs (id),   -- the job that this one repeats
    state       TEXT NOT NULL CHECK (state IN
        ('queued', 'starting', 'running', 'stopping', 'succeeded', 'partial', 'failed', 'cancelled')), -- see docs/architecture.md
    reason      TEXT,                        -- why it failed or is partial, for machines
    message     TEXT NOT NULL,               -- the same for people
    phase       TEXT CHECK (phase IN ('listing', 'transferring', 'verifying')), -- what the attempt is at
    attempt     INTEGER NOT NULL,            -- attempts begun; the fencing token of all later writes
    seq         BIGINT NOT NULL,             -- newest event folded, of this attempt
    crashes     INTEGER NOT NULL,            -- attempts in a row that died by themselves, without progress
    losses      INTEGER NOT NULL,            -- attempts that went down with their node
    node        TEXT,                        -- who runs it; null when nobody does
    node_epoch  BIGINT,                      -- and in which epoch of that node
    run_at      DOUBLE PRECISION NOT NULL,   -- not to be claimed before
    pushed_at   DOUBLE PRECISION,            -- when its hint last went onto the queue
    cancel_at   DOUBLE PRECISION,            -- the wish to cancel
    cancel_reason TEXT,                      -- and why
    files_total    BIGINT NOT NULL,          -- files asked for, as far as listed
    bytes_total    BIGINT NOT NULL,          -- their bytes
    total_complete BOOLEAN NOT NULL,         -- the listing is over: the totals are final
    files_done     BIGINT NOT NULL,          -- files that are where they should be
    bytes_done     BIGINT NOT NULL,          -- their bytes
    files_skipped  BIGINT NOT NULL,          -- those of them that were there already
    bytes_skipped  BIGINT NOT NULL,          -- their bytes
    files_failed   BIGINT NOT NULL,          -- files given up
    bytes_failed   BIGINT NOT NULL,          -- their bytes
    bytes_wire     BIGINT NOT NULL,          -- bytes moved, repeats included
    speed_bps      BIGINT NOT NULL,          -- bytes a second of late
    errors         TEXT NOT NULL,            -- JSON: failures grouped by reason
    verified_files BIGINT,                   -- files found in place after the last byte
    verified_bytes BIGINT,                   -- their bytes
    version     BIGINT NOT NULL,             -- rises with each change of the row
    created_at  DOUBLE PRECISION NOT NULL,   -- submitted
    started_at  DOUBLE PRECISION,            -- first claimed
    updated_at  DOUBLE PRECISION NOT NULL,   -- last changed
    finished_at DOUBLE PRECISION,            -- reached its terminal state
    UNIQUE (uid, idem_key),
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'partial', 'failed', 'cancelled'))),
    CHECK ((node IS NOT NULL) = (state IN ('starting', 'running', 'stopping')))
);
CREATE INDEX jobs_queued ON jobs (run_at, id) WHERE state = 'queued';
CREATE INDEX jobs_owned ON jobs (node) WHERE state IN ('starting', 'running', 'stopping');
CREATE INDEX jobs_of_user ON jobs (uid, id);

CREATE TABLE attempts (
    job_id      TEXT NOT NULL REFERENCES jobs (id), -- the job
    attempt     INTEGER NOT NULL,            -- which of its attempts
    node        TEXT NOT NULL,               -- where it ran
    epoch       BIGINT NOT NULL,             -- in which epoch of that node
    pid         BIGINT,                      -- the job process
    isolation   TEXT,                        -- JSON: rungs of isolation used, and why others were missing
    started_at  DOUBLE PRECISION NOT NULL,   -- claimed
    ended_at    DOUBLE PRECISION,            -- known to be over
    outcome     TEXT,                        -- a terminal state, or crashed, stalled, stopped, fenced, lost, unkillable
    exit_code   INTEGER,                     -- of the process, when it ended by itself
    exit_signal INTEGER,                     -- when a signal ended it
    max_rss     BIGINT,                      -- bytes of memory at its peak
    PRIMARY KEY (job_id, attempt)
);

CREATE TABLE failures (
    job_id  TEXT NOT NULL REFERENCES jobs (id), -- the job
    path    TEXT NOT NULL,                   -- the file
    attempt INTEGER NOT NULL,                -- in which attempt
    reason  TEXT NOT NULL,                   -- for machines
    message TEXT NOT NULL,                   -- for people
    tries   INTEGER NOT NULL,                -- how often it was tried
    PRIMARY KEY (job_id, path)
);

CREATE TABLE artifacts (
    job_id  TEXT NOT NULL REFERENCES jobs (id), -- the job
    attempt INTEGER NOT NULL,                -- in which attempt
    kind    TEXT NOT NULL CHECK (kind IN ('log', 'report', 'result')), -- what it is
    no      INTEGER NOT NULL,                -- order of the chunk, from 0
    data    BYTEA NOT NULL,                  -- zlib-compressed text, whole lines
    PRIMARY KEY (job_id, attempt, kind, no)
);

-- The last guard: a terminal state is final, and attempts only rise.
-- only postgresql
CREATE FUNCTION guard_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('succeeded', 'partial', 'failed', 'cancelled') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION USING MESSAGE = 'job ' || OLD.id || ' is ' || OLD.state || ': terminal states are final';
    END IF;
    IF NEW.attempt < OLD.attempt THEN
        RAISE EXCEPTION USING MESSAGE = 'job ' || OLD.id || ': attempt may not fall';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_jobs BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION guard_jobs();
-- end
-- only sqlite
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

INSERT INTO schema_version (version) VALUES (1);
