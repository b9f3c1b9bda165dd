-- Keeps: paths whose cached files stay until a time. Before, there were none.
CREATE TABLE keeps (
    id         TEXT PRIMARY KEY,
    uid        BIGINT NOT NULL REFERENCES users (uid),
    path       TEXT NOT NULL,
    until_at   DOUBLE PRECISION,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL,
    ended_at   DOUBLE PRECISION,
    ended_by   TEXT
);
CREATE INDEX keeps_of_user ON keeps (uid, id);
CREATE INDEX keeps_open ON keeps (uid) WHERE ended_at IS NULL;
-- What fills each tier, as a node last surveyed it. Nodes make the rows.
CREATE TABLE cache_maps (
    tier     TEXT PRIMARY KEY,
    due_at   DOUBLE PRECISION NOT NULL,
    node     TEXT,
    taken_at DOUBLE PRECISION,
    took     DOUBLE PRECISION,
    map      TEXT
);
