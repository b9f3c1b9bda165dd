-- Schedules, which make a job at each tick. Jobs that begin at a time, or after other jobs. Jobs of before have neither.
CREATE TABLE schedules (
    id           TEXT PRIMARY KEY,
    uid          BIGINT NOT NULL REFERENCES users (uid),
    name         TEXT NOT NULL,
    type         SMALLINT NOT NULL,
    params       TEXT NOT NULL,
    cron         TEXT NOT NULL,
    timezone     TEXT NOT NULL,
    missed       TEXT NOT NULL CHECK (missed IN ('once', 'skip')),
    overlap      TEXT NOT NULL CHECK (overlap IN ('skip', 'queue')),
    next_at      DOUBLE PRECISION NOT NULL,
    look_at      DOUBLE PRECISION,
    handled_at   DOUBLE PRECISION,
    message      TEXT NOT NULL,
    counted_from DOUBLE PRECISION NOT NULL,
    created_at   DOUBLE PRECISION NOT NULL,
    updated_at   DOUBLE PRECISION NOT NULL
);
CREATE INDEX schedules_of_user ON schedules (uid, id);
CREATE INDEX schedules_due ON schedules (look_at) WHERE look_at IS NOT NULL;
ALTER TABLE jobs ADD COLUMN schedule_id TEXT;
ALTER TABLE jobs ADD COLUMN not_before DOUBLE PRECISION;
ALTER TABLE jobs ADD COLUMN after_jobs TEXT;
CREATE INDEX jobs_of_schedule ON jobs (schedule_id, id) WHERE schedule_id IS NOT NULL;
CREATE TABLE predecessors (
    job_id       TEXT NOT NULL REFERENCES jobs (id),
    predecessor  TEXT NOT NULL REFERENCES jobs (id),
    must_succeed BOOLEAN NOT NULL,
    PRIMARY KEY (job_id, predecessor)
);
CREATE INDEX predecessors_waited_for ON predecessors (predecessor);
