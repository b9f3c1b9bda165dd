"""Triggers that write down what the rows no longer tell at the end: each change of a job, who had a node's name."""

from tests.e2e.procfile_cluster import Cluster

TABLES = """
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
CREATE TABLE owners (no BIGSERIAL PRIMARY KEY, node TEXT NOT NULL, epoch BIGINT NOT NULL, instance TEXT NOT NULL);
CREATE FUNCTION audit_nodes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO owners (node, epoch, instance) VALUES (NEW.name, NEW.epoch, NEW.instance);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_nodes AFTER INSERT OR UPDATE OF instance ON nodes FOR EACH ROW EXECUTE FUNCTION audit_nodes();
INSERT INTO owners (node, epoch, instance) SELECT name, epoch, instance FROM nodes;
"""


def install(cluster: Cluster) -> None:
    """Begin to write down."""
    cluster.query(TABLES)
