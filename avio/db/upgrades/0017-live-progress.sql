-- A job tells how many bytes have come of files that are not done yet, and what it waits for.
ALTER TABLE jobs ADD COLUMN bytes_in_flight BIGINT;
ALTER TABLE jobs ADD COLUMN waits TEXT;
