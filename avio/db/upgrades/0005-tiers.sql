-- Each tier of the local engine has an id, which its disk has too: a disk that is not mounted is noticed.
CREATE TABLE tiers (
    name    TEXT PRIMARY KEY,
    tier_id TEXT NOT NULL
);
