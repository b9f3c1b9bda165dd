-- A job counts the files that another job moved while it ran.
ALTER TABLE jobs ADD COLUMN files_shared BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN bytes_shared BIGINT NOT NULL DEFAULT 0;
