-- The present limits of a job, which may change while it runs: jobs of before have none. Files that were repaired.
ALTER TABLE jobs ADD COLUMN bandwidth BIGINT;
ALTER TABLE jobs ADD COLUMN concurrency INTEGER;
ALTER TABLE jobs ADD COLUMN files_repaired BIGINT NOT NULL DEFAULT 0;
