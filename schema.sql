-- The tables of avio server, for PostgreSQL 15+ and SQLite 3.38+. The tests compare models and docs with this file.
-- Times are seconds since the epoch. Times that a lease depends on are by the database's own clock.
-- Lines between "-- only postgresql" or "-- only sqlite" and "-- end" are for that database alone.

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY              -- number of the newest upgrade that this database has
);

CREATE TABLE user_groups (
    name     TEXT PRIMARY KEY,               -- name of the group
    weight   INTEGER NOT NULL DEFAULT 1,     -- its share of the job starts, next to users without a group and other groups
    jobs_max INTEGER                         -- jobs of its users that may run at once; null is as the setting says
);

CREATE TABLE users (
    uid           BIGINT PRIMARY KEY,        -- number of the user, as in JobSpec
    name          TEXT NOT NULL UNIQUE,      -- login name
    password_hash TEXT NOT NULL,             -- argon2id, in PHC string format
    admin         BOOLEAN NOT NULL,          -- may see all jobs, and submit jobs for all users
    created_at    DOUBLE PRECISION NOT NULL, -- when the user was added
    disabled_at   DOUBLE PRECISION,          -- when the user was disabled; null while enabled
    weight        INTEGER NOT NULL DEFAULT 1, -- the user's share of the job starts, next to those of others
    group_name    TEXT REFERENCES user_groups (name), -- users of a group share its weight; null is no group
    jobs_max      INTEGER,                   -- jobs that may run at once; null is as the setting says
    may_overtake  BOOLEAN NOT NULL DEFAULT false -- may give jobs a priority above 0
);
CREATE INDEX users_of_group ON users (group_name);

-- Claims alone write it, so that no claim waits for an order that has locked its user.
CREATE TABLE turns (
    uid         BIGINT NOT NULL REFERENCES users (uid), -- the user
    turn        DOUBLE PRECISION NOT NULL,   -- rises by 1 / weight with each job that starts
    urgent_turn DOUBLE PRECISION NOT NULL,   -- the same for jobs with a priority above 0
    PRIMARY KEY (uid)
);

CREATE TABLE tokens (
    digest       TEXT PRIMARY KEY,           -- SHA-256 of the token, in hex; the token itself is kept nowhere
    uid          BIGINT NOT NULL REFERENCES users (uid), -- the owner
    created_at   DOUBLE PRECISION NOT NULL,  -- when the user logged in
    expires_at   DOUBLE PRECISION NOT NULL,  -- when it expires
    revoked_at   DOUBLE PRECISION            -- when it was revoked; null while it is valid
);
CREATE INDEX tokens_uid ON tokens (uid);
CREATE INDEX tokens_expiry ON tokens (expires_at);

CREATE TABLE nodes (
    name        TEXT PRIMARY KEY,            -- the setting `node` of the worker node
    epoch       BIGINT NOT NULL,             -- counts the starts of its supervisor; older epochs are refused
    boot_id     TEXT NOT NULL,               -- the kernel's boot
    instance    TEXT NOT NULL DEFAULT '',    -- id of the spool, which one supervisor at a time has; '' from older versions
    state       TEXT NOT NULL CHECK (state IN ('active', 'draining', 'lost')), -- draining: takes no further job
    slots       INTEGER NOT NULL,            -- number of jobs that it runs at once
    lease_until DOUBLE PRECISION NOT NULL,   -- end of the lease; each heartbeat writes it, so it has no index
    started_at  DOUBLE PRECISION NOT NULL,   -- when this epoch began
    seen_at     DOUBLE PRECISION NOT NULL,   -- last heartbeat
    older_until DOUBLE PRECISION NOT NULL DEFAULT 0, -- end of the lease of earlier supervisors whose jobs may still run
    job_limits  TEXT NOT NULL DEFAULT '{}'   -- JSON: the limits of running jobs in its settings
);

CREATE TABLE node_epochs (
    epoch BIGINT PRIMARY KEY                 -- greatest epoch of a deleted node: new nodes begin above it
);

CREATE TABLE aggregators (
    name    TEXT PRIMARY KEY,                -- host and pid of the process
    seen_at DOUBLE PRECISION NOT NULL        -- last heartbeat
);

CREATE TABLE fair_order (
    id   SMALLINT PRIMARY KEY CHECK (id = 1), -- one row; a claim locks it, so that claims come one by one
    turn DOUBLE PRECISION NOT NULL,          -- turn of the user whose job started last, before the start
    urgent_turn DOUBLE PRECISION NOT NULL    -- the same for jobs with a priority above 0
);
INSERT INTO fair_order (id, turn, urgent_turn) VALUES (1, 0, 0);

CREATE TABLE tiers (
    name    TEXT PRIMARY KEY,                -- the alias in the settings of every node
    tier_id TEXT NOT NULL,                   -- what its marker has, the file .avio/tier on its disk
    capacity BIGINT,                         -- bytes that it may hold, as a node has reported last; null before that
    used     BIGINT,                         -- bytes of its files
    reserved BIGINT,                         -- bytes that running jobs were promised
    free     BIGINT,                         -- bytes that a job may be promised
    seen_at  DOUBLE PRECISION                -- when a node has reported them
);

CREATE TABLE filelists (
    id         TEXT PRIMARY KEY,             -- ULID; goes into params.fileListId
    uid        BIGINT NOT NULL REFERENCES users (uid), -- the owner
    lines      BIGINT NOT NULL,              -- number of paths
    bytes      BIGINT NOT NULL,              -- size of the text, as far as uploaded
    complete   BOOLEAN NOT NULL,             -- false during the upload and the deletion: no job may use the list
    created_at DOUBLE PRECISION NOT NULL     -- when the upload began
);
CREATE INDEX filelists_of_user ON filelists (uid, id);
CREATE INDEX filelists_age ON filelists (created_at, id);

CREATE TABLE filelist_chunks (
    list_id TEXT NOT NULL REFERENCES filelists (id) ON DELETE CASCADE, -- the list
    no      INTEGER NOT NULL,                -- order of the chunk, from 0
    data    BYTEA NOT NULL,                  -- UTF-8 text, one path on each line; a line may continue in the next chunk
    PRIMARY KEY (list_id, no)
);

CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,            -- ULID: sorts by the time of submission
    uid         BIGINT NOT NULL REFERENCES users (uid), -- who submitted it
    name        TEXT NOT NULL,               -- the user's name for it
    type        SMALLINT NOT NULL CHECK (type IN (0, 1, 2, 3, 4, 5, 6)), -- 0 ls, 1 preload, 2 save, 3 stat, 4 free, 5 check, 6 plan
    params      TEXT NOT NULL,               -- JSON, as in JobParamsSpec
    path        TEXT,                        -- the alluxioUri of params; null for a file list
    list_id     TEXT,                        -- the fileListId of params; its list may have been deleted since
    idem_key    TEXT,                        -- the Idempotency-Key of the request
    idem_digest TEXT,                        -- SHA-256 of the request with that key
    retry_of    TEXT REFERENCES jobs (id),   -- the job that this one repeats
    schedule_id TEXT,                        -- the schedule that made it; it may have been deleted since
    not_before  DOUBLE PRECISION,            -- the time that the user gave for its begin; null is none
    after_jobs  TEXT,                        -- JSON: the jobs that it was told to wait for, as in the request; null is none
    state       TEXT NOT NULL CHECK (state IN
        ('queued', 'starting', 'running', 'stopping', 'succeeded', 'partial', 'failed', 'cancelled')), -- see docs/architecture.md
    reason      TEXT,                        -- why it failed or is partial, for programs
    message     TEXT NOT NULL,               -- why, for people
    phase       TEXT CHECK (phase IN ('listing', 'transferring', 'verifying')), -- what the attempt does
    attempt     INTEGER NOT NULL,            -- number of attempts; the fencing token of all later writes
    seq         BIGINT NOT NULL,             -- newest event folded, of this attempt
    crashes     INTEGER NOT NULL,            -- attempts in a row that died by themselves, without progress
    losses      INTEGER NOT NULL,            -- attempts that were lost with their node
    node        TEXT,                        -- the node that runs it; null if none
    node_epoch  BIGINT,                      -- the epoch of that node
    run_at      DOUBLE PRECISION NOT NULL,   -- earliest time of a claim; beyond all times while it waits for other jobs
    pushed_at   DOUBLE PRECISION,            -- when its hint last went onto the queue
    cancel_at   DOUBLE PRECISION,            -- when the user asked to cancel
    cancel_reason TEXT,                      -- why the user asked to cancel
    bandwidth   BIGINT,                      -- bytes per second that it may move now; null is no limit
    concurrency INTEGER,                     -- files or requests that may be under way now; null is as many as help
    own_webhook BOOLEAN NOT NULL DEFAULT false, -- its params have the URL of a webhook
    priority    SMALLINT NOT NULL DEFAULT 0, -- jobs with a higher one are claimed first
    labels      TEXT NOT NULL DEFAULT '{}',  -- JSON: the user's labels, name to value
    files_total    BIGINT NOT NULL DEFAULT 0, -- files of the job, as far as listed
    bytes_total    BIGINT NOT NULL DEFAULT 0, -- bytes of these files
    total_complete BOOLEAN NOT NULL,         -- the listing has ended: the totals are final
    files_done     BIGINT NOT NULL DEFAULT 0, -- files in place
    bytes_done     BIGINT NOT NULL DEFAULT 0, -- bytes of these files
    files_skipped  BIGINT NOT NULL DEFAULT 0, -- files that were in place before the job
    bytes_skipped  BIGINT NOT NULL DEFAULT 0, -- bytes of these files
    files_shared   BIGINT NOT NULL DEFAULT 0, -- files that another job moved while this one ran
    bytes_shared   BIGINT NOT NULL DEFAULT 0, -- bytes of these files
    files_kept     BIGINT NOT NULL DEFAULT 0, -- files that stay as they are: the cache has its own version
    bytes_kept     BIGINT NOT NULL DEFAULT 0, -- bytes of these files
    files_failed   BIGINT NOT NULL DEFAULT 0, -- failed files
    bytes_failed   BIGINT NOT NULL DEFAULT 0, -- bytes of these files
    files_left_out BIGINT NOT NULL DEFAULT 0, -- symlinks, special files and others that the job can't handle
    files_repaired BIGINT NOT NULL DEFAULT 0, -- files of which other bytes came first: they were fetched again
    files_different BIGINT NOT NULL DEFAULT 0, -- check: files of which bucket and cache have different bytes
    bytes_different BIGINT NOT NULL DEFAULT 0, -- bytes of these files
    files_only_in_bucket BIGINT NOT NULL DEFAULT 0, -- check: files that the cache does not have
    bytes_only_in_bucket BIGINT NOT NULL DEFAULT 0, -- bytes of these files
    files_only_in_cache BIGINT NOT NULL DEFAULT 0, -- check: files that the bucket does not have
    bytes_only_in_cache BIGINT NOT NULL DEFAULT 0, -- bytes of these files
    bytes_wire     BIGINT NOT NULL DEFAULT 0, -- bytes moved, including repeats
    speed_bps      BIGINT NOT NULL,          -- bytes per second, recently
    average_bps BIGINT,                      -- bytes per second, over the whole attempt; null before the first event
    in_flight   BIGINT,                      -- files that the attempt has taken and not done; null as above
    bytes_in_flight BIGINT,                  -- bytes that have come of these files; null as above
    waits       TEXT,                        -- JSON: what the attempt waits for, and since when; null if for nothing
    reserved    TEXT,                        -- JSON: bytes that the attempt was promised, by tier; null as above
    room_bytes  BIGINT,                      -- bytes that the job found no room for, and waits for; null if none
    room_tier   TEXT,                        -- the only tier that will do; null if any, * if all together
    room_since  DOUBLE PRECISION,            -- when it waited for room first
    phases      TEXT,                        -- JSON: the phases of the attempt, when each began and how long it took
    eta_p50     DOUBLE PRECISION,            -- when the job ends as likely as not; null while that is unknown
    eta_p90     DOUBLE PRECISION,            -- when it has ended in nine of ten cases
    errors         TEXT NOT NULL,            -- JSON: failures grouped by reason
    verified_files BIGINT,                   -- files that were in place after the last byte
    verified_bytes BIGINT,                   -- bytes of these files
    plan        TEXT,                        -- JSON: the figures of a plan; null for other jobs
    local_path  TEXT,                        -- where the node has all that a preload brought; null if not in one place
    trace       TEXT,                        -- the W3C traceparent of the request that ordered it; null without one
    version     BIGINT NOT NULL,             -- rises with each change of the row
    created_at  DOUBLE PRECISION NOT NULL,   -- submitted
    started_at  DOUBLE PRECISION,            -- first claimed
    updated_at  DOUBLE PRECISION NOT NULL,   -- last changed
    finished_at DOUBLE PRECISION,            -- reached its terminal state
    released_at DOUBLE PRECISION,            -- when a free dropped all that it had brought or saved
    artifacts_deleted_at DOUBLE PRECISION,   -- when retention deleted its log, report, result and failures
    UNIQUE (uid, idem_key),
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'partial', 'failed', 'cancelled'))),
    CHECK ((node IS NOT NULL) = (state IN ('starting', 'running', 'stopping')))
);
-- With the state as a column, SQLite prefers it to jobs_state.
CREATE INDEX jobs_queued ON jobs (state, run_at, id) WHERE state = 'queued';
-- The order in which a user's own jobs are claimed.
CREATE INDEX jobs_turn ON jobs (uid, priority DESC, run_at, id) WHERE state = 'queued';
-- Those that wait for room.
CREATE INDEX jobs_room ON jobs (state, room_bytes) WHERE state = 'queued' AND room_bytes IS NOT NULL;
CREATE INDEX jobs_owned ON jobs (node) WHERE state IN ('starting', 'running', 'stopping');
CREATE INDEX jobs_of_user ON jobs (uid, id);
-- A page of jobs in some states and of some types, of all users or of one.
CREATE INDEX jobs_state ON jobs (state, type, id);
CREATE INDEX jobs_state_of_user ON jobs (uid, state, type, id);
-- Retention goes from the oldest end to the newest.
CREATE INDEX jobs_ended ON jobs (finished_at, id) WHERE finished_at IS NOT NULL;
-- Jobs that point at a deleted job, and jobs that use a file list.
CREATE INDEX jobs_retries ON jobs (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX jobs_list ON jobs (list_id) WHERE list_id IS NOT NULL;
-- The newest jobs of a schedule.
CREATE INDEX jobs_of_schedule ON jobs (schedule_id, id) WHERE schedule_id IS NOT NULL;
-- A user's newer job at the same path.
CREATE INDEX jobs_uses ON jobs (uid, substr(path, 1, 256), id) WHERE finished_at IS NOT NULL AND released_at IS NULL;
-- The beginning of the path, byte by byte: a whole one is too long for an index.
-- only postgresql
CREATE INDEX jobs_path ON jobs (substr(path, 1, 256) COLLATE "C");
-- end
-- only sqlite
CREATE INDEX jobs_path ON jobs (substr(path, 1, 256));
-- end

CREATE TABLE predecessors (
    job_id       TEXT NOT NULL REFERENCES jobs (id), -- a queued job that waits; the row goes once it need not
    predecessor  TEXT NOT NULL REFERENCES jobs (id), -- the job that it waits for
    must_succeed BOOLEAN NOT NULL,           -- it must succeed; else it must have ended
    PRIMARY KEY (job_id, predecessor)
);
-- Those that wait for a job that has ended.
CREATE INDEX predecessors_waited_for ON predecessors (predecessor);

CREATE TABLE schedules (
    id           TEXT PRIMARY KEY,           -- ULID: sorts by the time of its making
    uid          BIGINT NOT NULL REFERENCES users (uid), -- whose jobs it makes
    name         TEXT NOT NULL,              -- the user's name for it and for its jobs
    type         SMALLINT NOT NULL,          -- type of its jobs
    params       TEXT NOT NULL,              -- JSON: params of its jobs
    cron         TEXT NOT NULL,              -- its ticks: minute, hour, day of month, month, day of week
    timezone     TEXT NOT NULL,              -- the IANA time zone of these
    missed       TEXT NOT NULL CHECK (missed IN ('once', 'skip')), -- ticks that nobody handled in time: one job, or none
    overlap      TEXT NOT NULL CHECK (overlap IN ('skip', 'queue')), -- a tick while a job of it has not ended
    next_at      DOUBLE PRECISION NOT NULL,  -- its next tick
    look_at      DOUBLE PRECISION,           -- when an aggregator looks at that tick, or again; null while it is paused
    handled_at   DOUBLE PRECISION,           -- when its newest tick was handled
    message      TEXT NOT NULL,              -- why it is paused, or why its newest tick made no job
    counted_from DOUBLE PRECISION NOT NULL,  -- failures of older jobs do not count: made, or last resumed
    created_at   DOUBLE PRECISION NOT NULL,  -- when it was made
    updated_at   DOUBLE PRECISION NOT NULL   -- when a user or an aggregator last changed it
);
CREATE INDEX schedules_of_user ON schedules (uid, id);
CREATE INDEX schedules_due ON schedules (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE attempts (
    job_id      TEXT NOT NULL REFERENCES jobs (id), -- the job
    attempt     INTEGER NOT NULL,            -- which of its attempts
    node        TEXT NOT NULL,               -- the node that ran it
    epoch       BIGINT NOT NULL,             -- the epoch of that node
    pid         BIGINT,                      -- the job process
    isolation   TEXT,                        -- JSON: used rungs of isolation, and why others were missing
    started_at  DOUBLE PRECISION NOT NULL,   -- claimed
    ended_at    DOUBLE PRECISION,            -- when the end was known
    outcome     TEXT,                        -- a terminal state, or crashed, stalled, stopped, waiting, fenced, lost, unkillable
    exit_code   INTEGER,                     -- exit code of the process, if it exited
    exit_signal INTEGER,                     -- signal that ended the process
    max_rss     BIGINT,                      -- peak memory in bytes
    event_key   TEXT,                        -- signs the events of its process; null in attempts of older versions
    movers      TEXT,                        -- JSON: what each of its movers did; null until one has begun
    PRIMARY KEY (job_id, attempt)
);

CREATE TABLE failures (
    job_id  TEXT NOT NULL REFERENCES jobs (id), -- the job
    path_digest TEXT NOT NULL,               -- SHA-256 of the path, in hex: a path is too long for an index
    path    TEXT NOT NULL,                   -- the file
    attempt INTEGER NOT NULL,                -- the attempt
    reason  TEXT NOT NULL,                   -- why, for programs
    message TEXT NOT NULL,                   -- for people
    tries   INTEGER NOT NULL,                -- number of tries
    PRIMARY KEY (job_id, path_digest)
);

CREATE TABLE artifacts (
    job_id  TEXT NOT NULL REFERENCES jobs (id), -- the job
    attempt INTEGER NOT NULL,                -- the attempt
    kind    TEXT NOT NULL CHECK (kind IN ('log', 'report', 'result')), -- kind of text
    no      INTEGER NOT NULL,                -- order of the chunk, from 0
    data    BYTEA NOT NULL,                  -- zlib-compressed text, whole lines
    PRIMARY KEY (job_id, attempt, kind, no)
);

CREATE TABLE webhooks (
    uid        BIGINT NOT NULL REFERENCES users (uid), -- the user whose jobs are told of
    url        TEXT,                         -- where their ends are told; null: only jobs with a URL of their own are
    states     TEXT NOT NULL,                -- the terminal states that are told, with commas
    secret     TEXT NOT NULL,                -- signs all deliveries of the user; whsec_ and base64
    created_at DOUBLE PRECISION NOT NULL,    -- when the secret was made
    updated_at DOUBLE PRECISION NOT NULL,    -- when the user last changed it
    PRIMARY KEY (uid)
);

CREATE TABLE deliveries (
    job_id     TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, -- the job whose end is told
    uid        BIGINT NOT NULL,              -- the user of the job
    tries      INTEGER NOT NULL DEFAULT 0,   -- tries that have begun; the fencing token of what a try writes
    next_at    DOUBLE PRECISION,             -- when the next try is due; null once no more will be
    held_until DOUBLE PRECISION,             -- until when an aggregator has it; null if none has
    url        TEXT,                         -- where the newest try went, without its query; null before
    code       INTEGER,                      -- status of the newest reply; null without one
    error      TEXT NOT NULL DEFAULT '',     -- why the newest try failed; '' if it did not
    delivered  BOOLEAN NOT NULL DEFAULT false, -- a receiver has answered 2xx
    created_at DOUBLE PRECISION NOT NULL,    -- when the job ended
    ended_at   DOUBLE PRECISION,             -- when it was delivered or given up
    PRIMARY KEY (job_id)
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_held ON deliveries (uid) WHERE held_until IS NOT NULL;
CREATE INDEX deliveries_of_user ON deliveries (uid, job_id);
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- Whoever ends a job, of whatever version: its end and its delivery are one transaction.
-- only postgresql
CREATE FUNCTION add_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliveries (job_id, uid, next_at, created_at) SELECT NEW.id, NEW.uid, NEW.finished_at, NEW.finished_at
        WHERE NEW.own_webhook OR EXISTS (SELECT 1 FROM webhooks w
            WHERE w.uid = NEW.uid AND w.url IS NOT NULL AND position(NEW.state IN w.states) > 0)
        ON CONFLICT (job_id) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER add_delivery AFTER UPDATE OF finished_at ON jobs FOR EACH ROW
    WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION add_delivery();
-- end
-- only sqlite
CREATE TRIGGER add_delivery AFTER UPDATE OF finished_at ON jobs
WHEN OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL
BEGIN
    INSERT INTO deliveries (job_id, uid, next_at, created_at)
        SELECT NEW.id, NEW.uid, NEW.finished_at, NEW.finished_at
        WHERE NEW.own_webhook OR EXISTS (SELECT 1 FROM webhooks w
            WHERE w.uid = NEW.uid AND w.url IS NOT NULL AND instr(w.states, NEW.state) > 0)
        ON CONFLICT (job_id) DO NOTHING;
END;
-- end

CREATE TABLE timings (
    job_id      TEXT NOT NULL,               -- a job that was done to the end; no foreign key: older versions delete jobs alone
    type        SMALLINT NOT NULL,           -- its type
    path        TEXT,                        -- its path; null for a file list
    ended_at    DOUBLE PRECISION NOT NULL,   -- when it ended
    files       BIGINT NOT NULL,             -- files that the last attempt moved or compared
    bytes       BIGINT NOT NULL,             -- bytes of these files
    transfer_ms BIGINT NOT NULL,             -- milliseconds from the first byte to the last
    verified    BIGINT NOT NULL,             -- files that were looked at after the last byte
    verify_ms   BIGINT NOT NULL,             -- milliseconds from the last byte to the end
    limited     BOOLEAN NOT NULL,            -- a limit of bandwidth or concurrency held it back
    forecasts   TEXT NOT NULL,               -- JSON: what it expected at some shares of its time, and what came true
    PRIMARY KEY (job_id)
);
CREATE INDEX timings_newest ON timings (type, ended_at);

CREATE TABLE keeps (
    id         TEXT PRIMARY KEY,             -- ULID: sorts by the time of its making
    uid        BIGINT NOT NULL REFERENCES users (uid), -- who keeps
    path       TEXT NOT NULL,                -- what is cached at and below it stays cached
    until_at   DOUBLE PRECISION,             -- until when; null until it is ended
    created_at DOUBLE PRECISION NOT NULL,    -- when it was made
    updated_at DOUBLE PRECISION NOT NULL,    -- when its user last set its end
    ended_at   DOUBLE PRECISION,             -- when somebody ended it; null if nobody did
    ended_by   TEXT                          -- name of who ended it
);
CREATE INDEX keeps_of_user ON keeps (uid, id);
-- Those that nobody has ended: their time may be over.
CREATE INDEX keeps_open ON keeps (uid) WHERE ended_at IS NULL;

CREATE TABLE cache_maps (
    tier     TEXT PRIMARY KEY,               -- alias of a tier
    due_at   DOUBLE PRECISION NOT NULL,      -- when a node surveys it next; a node that begins moves it on
    node     TEXT,                           -- the node that began last
    taken_at DOUBLE PRECISION,               -- when the survey of the map began; null before the first one
    took     DOUBLE PRECISION,               -- seconds that it took
    map      TEXT                            -- JSON: sums by directory and by who brought the files
);

-- Metrics. Retention takes no total away: a counter never falls.
CREATE TABLE totals (
    metric TEXT NOT NULL,                    -- name of a counter or histogram
    labels TEXT NOT NULL,                    -- JSON: its labels, name to value
    part   TEXT NOT NULL,                    -- of a histogram: the upper bound of a bucket, or sum; '' of a counter
    value  DOUBLE PRECISION NOT NULL,        -- sum over all jobs since the table was made
    PRIMARY KEY (metric, labels, part)
);
CREATE TABLE counted (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, -- a job that has begun and not ended
    counts TEXT NOT NULL,                    -- JSON: what of it the totals have
    PRIMARY KEY (job_id)
);
CREATE TABLE uncounted (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, -- a job that has ended; the row goes once it is counted
    PRIMARY KEY (job_id)
);
-- Whoever ends a job, of whatever version: an aggregator will count it.
-- only postgresql
CREATE FUNCTION add_uncounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO uncounted (job_id) VALUES (NEW.id) ON CONFLICT (job_id) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER add_uncounted AFTER UPDATE OF finished_at ON jobs FOR EACH ROW
    WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION add_uncounted();
-- end
-- only sqlite
CREATE TRIGGER add_uncounted AFTER UPDATE OF finished_at ON jobs
WHEN OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL
BEGIN
    INSERT INTO uncounted (job_id) VALUES (NEW.id) ON CONFLICT (job_id) DO NOTHING;
END;
-- end

-- The last guard: a terminal state is final, and `attempt` never falls.
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

INSERT INTO schema_version (version) VALUES (21);
