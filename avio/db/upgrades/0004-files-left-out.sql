-- A job counts the files that it leaves out: symlinks, special files and others that it can't handle.
ALTER TABLE jobs ADD COLUMN files_left_out BIGINT NOT NULL DEFAULT 0;
