-- The database knows the room of the tiers, what running jobs were promised there, and what queued jobs wait for.
ALTER TABLE tiers ADD COLUMN capacity BIGINT;
ALTER TABLE tiers ADD COLUMN used BIGINT;
ALTER TABLE tiers ADD COLUMN reserved BIGINT;
ALTER TABLE tiers ADD COLUMN free BIGINT;
ALTER TABLE tiers ADD COLUMN seen_at DOUBLE PRECISION;
ALTER TABLE jobs ADD COLUMN reserved TEXT;
ALTER TABLE jobs ADD COLUMN room_bytes BIGINT;
ALTER TABLE jobs ADD COLUMN room_tier TEXT;
ALTER TABLE jobs ADD COLUMN room_since DOUBLE PRECISION;
