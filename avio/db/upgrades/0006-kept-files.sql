-- Files of which the cache keeps its own version are counted apart from those in place.
ALTER TABLE jobs ADD COLUMN files_kept BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN bytes_kept BIGINT NOT NULL DEFAULT 0;
