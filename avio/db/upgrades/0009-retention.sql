-- Retention: old rows are found by their age, and what points at them by an index.
-- Pages of jobs by state and type, of all users or of one, have an index each.
ALTER TABLE jobs ADD COLUMN list_id TEXT;
ALTER TABLE jobs ADD COLUMN artifacts_deleted_at DOUBLE PRECISION;
-- only postgresql
UPDATE jobs SET list_id = params::json ->> 'fileListId' WHERE path IS NULL;
-- end
-- only sqlite
UPDATE jobs SET list_id = json_extract(params, '$.fileListId') WHERE path IS NULL;
-- end
CREATE TABLE node_epochs (
    epoch BIGINT PRIMARY KEY
);
CREATE INDEX tokens_expiry ON tokens (expires_at);
CREATE INDEX filelists_of_user ON filelists (uid, id);
CREATE INDEX filelists_age ON filelists (created_at, id);
DROP INDEX jobs_queued;
CREATE INDEX jobs_queued ON jobs (state, run_at, id) WHERE state = 'queued';
CREATE INDEX jobs_state ON jobs (state, type, id);
CREATE INDEX jobs_state_of_user ON jobs (uid, state, type, id);
CREATE INDEX jobs_ended ON jobs (finished_at, id) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_retries ON jobs (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX jobs_list ON jobs (list_id) WHERE list_id IS NOT NULL;
CREATE INDEX jobs_uses ON jobs (uid, substr(path, 1, 256), id) WHERE finished_at IS NOT NULL AND released_at IS NULL;
