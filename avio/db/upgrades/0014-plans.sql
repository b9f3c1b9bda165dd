-- A job may be a plan (type 6), which tells what another job would do. The figures of a plan are JSON.
ALTER TABLE jobs ADD COLUMN plan TEXT;
-- only postgresql
ALTER TABLE jobs DROP CONSTRAINT jobs_type_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_type_check CHECK (type IN (0, 1, 2, 3, 4, 5, 6));
-- end
-- only sqlite
-- SQLite changes no CHECK in place, but allows its text to be edited; a new table would copy all jobs. A wider CHECK
-- refuses no row that is there. RESET makes the connection read the new text; the version tells the others.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (type IN (0, 1, 2, 3, 4, 5))', 'CHECK (type IN (0, 1, 2, 3, 4, 5, 6))')
    WHERE type = 'table' AND name = 'jobs';
PRAGMA writable_schema = RESET;
-- end
