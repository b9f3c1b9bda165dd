-- Whose job starts next: weights, groups, priorities and limits. All users and jobs of before are equal.
CREATE TABLE user_groups (
    name     TEXT PRIMARY KEY,
    weight   INTEGER NOT NULL DEFAULT 1,
    jobs_max INTEGER
);
CREATE TABLE aggregators (
    name    TEXT PRIMARY KEY,
    seen_at DOUBLE PRECISION NOT NULL
);
CREATE TABLE turns (
    uid         BIGINT NOT NULL REFERENCES users (uid),
    turn        DOUBLE PRECISION NOT NULL,
    urgent_turn DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (uid)
);
CREATE TABLE fair_order (
    id   SMALLINT PRIMARY KEY CHECK (id = 1),
    turn DOUBLE PRECISION NOT NULL,
    urgent_turn DOUBLE PRECISION NOT NULL
);
INSERT INTO fair_order (id, turn, urgent_turn) VALUES (1, 0, 0);
ALTER TABLE users ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN group_name TEXT REFERENCES user_groups (name);
ALTER TABLE users ADD COLUMN jobs_max INTEGER;
ALTER TABLE users ADD COLUMN may_overtake BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE nodes ADD COLUMN job_limits TEXT NOT NULL DEFAULT '{}';
ALTER TABLE jobs ADD COLUMN priority SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';
CREATE INDEX users_of_group ON users (group_name);
CREATE INDEX jobs_turn ON jobs (uid, priority DESC, run_at, id) WHERE state = 'queued';
