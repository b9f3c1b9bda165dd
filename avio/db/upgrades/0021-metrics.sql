-- Counters of metrics, which no retention takes away. Jobs that ended before are in none of them.
CREATE TABLE totals (
    metric TEXT NOT NULL,
    labels TEXT NOT NULL,
    part   TEXT NOT NULL,
    value  DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (metric, labels, part)
);
CREATE TABLE counted (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    counts TEXT NOT NULL,
    PRIMARY KEY (job_id)
);
CREATE TABLE uncounted (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
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
-- Queued jobs that wait for room.
CREATE INDEX jobs_room ON jobs (state, room_bytes) WHERE state = 'queued' AND room_bytes IS NOT NULL;
-- The trace of the request that ordered a job.
ALTER TABLE jobs ADD COLUMN trace TEXT;
