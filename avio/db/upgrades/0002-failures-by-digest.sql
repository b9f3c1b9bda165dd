-- The key of a failed file holds a digest of its path: an index of PostgreSQL holds no path beyond 2,704 bytes.
-- The rows are not carried over: every attempt names its failures again when it ends, and its report has them all.
DROP TABLE failures;
CREATE TABLE failures (
    job_id  TEXT NOT NULL REFERENCES jobs (id),
    path_digest TEXT NOT NULL,
    path    TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    message TEXT NOT NULL,
    tries   INTEGER NOT NULL,
    PRIMARY KEY (job_id, path_digest)
);
