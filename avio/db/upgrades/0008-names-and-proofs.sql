-- Which supervisor has the name of a node, and until when attempts of earlier ones may live; proofs of events.
ALTER TABLE nodes ADD COLUMN instance TEXT NOT NULL DEFAULT '';
ALTER TABLE nodes ADD COLUMN older_until DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN event_key TEXT;
