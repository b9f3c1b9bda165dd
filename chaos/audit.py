"""A trigger that writes down every change of a job's row: what the rows alone no longer tell at the end."""

from tests.e2e.cluster import Cluster

TABLE = """
CREATE TABLE audit (
    no BIGSERIAL PRIMARY KEY, job TEXT NOT NULL, old_state TEXT NOT NULL, new_state TEXT NOT NULL,
    old_attempt INTEGER NOT NULL, new_attempt INTEGER NOT NULL, old_done BIGINT NOT NULL, new_done BIGINT NOT NULL,
    old_wire BIGINT NOT NULL, new_wire BIGINT NOT NULL
);
CREATE FUNCTION audit_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (job, old_state, new_state, old_attempt, new_attempt, old_done, new_done, old_wire, new_wire)
    VALUES (OLD.id, OLD.state, NEW.state, OLD.attempt, NEW.attempt, OLD.files_done, NEW.files_done, OLD.bytes_wire,
            NEW.bytes_wire);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_jobs AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION audit_jobs();
"""


def install(cluster: Cluster) -> None:
    """Begin to write down."""
    cluster.query(TABLE)
