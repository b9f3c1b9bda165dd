-- Webhooks: where the ends of a user's jobs are told, and what was sent. Older versions end jobs without knowing of it.
ALTER TABLE jobs ADD COLUMN own_webhook BOOLEAN NOT NULL DEFAULT false;
CREATE TABLE webhooks (
    uid        BIGINT NOT NULL REFERENCES users (uid),
    url        TEXT,
    states     TEXT NOT NULL,
    secret     TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (uid)
);
CREATE TABLE deliveries (
    job_id     TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    uid        BIGINT NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    next_at    DOUBLE PRECISION,
    held_until DOUBLE PRECISION,
    url        TEXT,
    code       INTEGER,
    error      TEXT NOT NULL DEFAULT '',
    delivered  BOOLEAN NOT NULL DEFAULT false,
    created_at DOUBLE PRECISION NOT NULL,
    ended_at   DOUBLE PRECISION,
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
