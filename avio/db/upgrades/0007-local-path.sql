-- Where the node has all that a preload brought.
ALTER TABLE jobs ADD COLUMN local_path TEXT;
