-- A job tells when it will end, how fast it is and how long its phases took; a table keeps how long ended jobs took.
ALTER TABLE jobs ADD COLUMN average_bps BIGINT;
ALTER TABLE jobs ADD COLUMN in_flight BIGINT;
ALTER TABLE jobs ADD COLUMN phases TEXT;
ALTER TABLE jobs ADD COLUMN eta_p50 DOUBLE PRECISION;
ALTER TABLE jobs ADD COLUMN eta_p90 DOUBLE PRECISION;
CREATE TABLE timings (
    job_id      TEXT NOT NULL,
    type        SMALLINT NOT NULL,
    path        TEXT,
    ended_at    DOUBLE PRECISION NOT NULL,
    files       BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    transfer_ms BIGINT NOT NULL,
    verified    BIGINT NOT NULL,
    verify_ms   BIGINT NOT NULL,
    limited     BOOLEAN NOT NULL,
    forecasts   TEXT NOT NULL,
    PRIMARY KEY (job_id)
);
CREATE INDEX timings_newest ON timings (type, ended_at);
