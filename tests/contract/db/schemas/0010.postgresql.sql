CREATE FUNCTION public.guard_jobs() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.state IN ('succeeded', 'partial', 'failed', 'cancelled') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION USING MESSAGE = 'job ' || OLD.id || ' is ' || OLD.state || ': terminal states are final';
    END IF;
    IF NEW.attempt < OLD.attempt THEN
        RAISE EXCEPTION USING MESSAGE = 'job ' || OLD.id || ': attempt may not fall';
    END IF;
    RETURN NEW;
END $$;
CREATE TABLE public.artifacts (
    job_id text NOT NULL,
    attempt integer NOT NULL,
    kind text NOT NULL,
    no integer NOT NULL,
    data bytea NOT NULL,
    CONSTRAINT artifacts_kind_check CHECK ((kind = ANY (ARRAY['log'::text, 'report'::text, 'result'::text])))
);
CREATE TABLE public.attempts (
    job_id text NOT NULL,
    attempt integer NOT NULL,
    node text NOT NULL,
    epoch bigint NOT NULL,
    pid bigint,
    isolation text,
    started_at double precision NOT NULL,
    ended_at double precision,
    outcome text,
    exit_code integer,
    exit_signal integer,
    max_rss bigint,
    event_key text
);
CREATE TABLE public.failures (
    job_id text NOT NULL,
    path_digest text NOT NULL,
    path text NOT NULL,
    attempt integer NOT NULL,
    reason text NOT NULL,
    message text NOT NULL,
    tries integer NOT NULL
);
CREATE TABLE public.filelist_chunks (
    list_id text NOT NULL,
    no integer NOT NULL,
    data bytea NOT NULL
);
CREATE TABLE public.filelists (
    id text NOT NULL,
    uid bigint NOT NULL,
    lines bigint NOT NULL,
    bytes bigint NOT NULL,
    complete boolean NOT NULL,
    created_at double precision NOT NULL
);
CREATE TABLE public.jobs (
    id text NOT NULL,
    uid bigint NOT NULL,
    name text NOT NULL,
    type smallint NOT NULL,
    params text NOT NULL,
    path text,
    list_id text,
    idem_key text,
    idem_digest text,
    retry_of text,
    state text NOT NULL,
    reason text,
    message text NOT NULL,
    phase text,
    attempt integer NOT NULL,
    seq bigint NOT NULL,
    crashes integer NOT NULL,
    losses integer NOT NULL,
    node text,
    node_epoch bigint,
    run_at double precision NOT NULL,
    pushed_at double precision,
    cancel_at double precision,
    cancel_reason text,
    bandwidth bigint,
    concurrency integer,
    files_total bigint DEFAULT 0 NOT NULL,
    bytes_total bigint DEFAULT 0 NOT NULL,
    total_complete boolean NOT NULL,
    files_done bigint DEFAULT 0 NOT NULL,
    bytes_done bigint DEFAULT 0 NOT NULL,
    files_skipped bigint DEFAULT 0 NOT NULL,
    bytes_skipped bigint DEFAULT 0 NOT NULL,
    files_kept bigint DEFAULT 0 NOT NULL,
    bytes_kept bigint DEFAULT 0 NOT NULL,
    files_failed bigint DEFAULT 0 NOT NULL,
    bytes_failed bigint DEFAULT 0 NOT NULL,
    files_left_out bigint DEFAULT 0 NOT NULL,
    files_repaired bigint DEFAULT 0 NOT NULL,
    bytes_wire bigint DEFAULT 0 NOT NULL,
    speed_bps bigint NOT NULL,
    errors text NOT NULL,
    verified_files bigint,
    verified_bytes bigint,
    local_path text,
    version bigint NOT NULL,
    created_at double precision NOT NULL,
    started_at double precision,
    updated_at double precision NOT NULL,
    finished_at double precision,
    released_at double precision,
    artifacts_deleted_at double precision,
    CONSTRAINT jobs_check CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['succeeded'::text, 'partial'::text, 'failed'::text, 'cancelled'::text])))),
    CONSTRAINT jobs_check1 CHECK (((node IS NOT NULL) = (state = ANY (ARRAY['starting'::text, 'running'::text, 'stopping'::text])))),
    CONSTRAINT jobs_phase_check CHECK ((phase = ANY (ARRAY['listing'::text, 'transferring'::text, 'verifying'::text]))),
    CONSTRAINT jobs_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'starting'::text, 'running'::text, 'stopping'::text, 'succeeded'::text, 'partial'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT jobs_type_check CHECK ((type = ANY (ARRAY[0, 1, 2, 3, 4])))
);
CREATE TABLE public.node_epochs (
    epoch bigint NOT NULL
);
CREATE TABLE public.nodes (
    name text NOT NULL,
    epoch bigint NOT NULL,
    boot_id text NOT NULL,
    instance text DEFAULT ''::text NOT NULL,
    state text NOT NULL,
    slots integer NOT NULL,
    lease_until double precision NOT NULL,
    started_at double precision NOT NULL,
    seen_at double precision NOT NULL,
    older_until double precision DEFAULT 0 NOT NULL,
    CONSTRAINT nodes_state_check CHECK ((state = ANY (ARRAY['active'::text, 'draining'::text, 'lost'::text])))
);
CREATE TABLE public.schema_version (
    version integer NOT NULL
);
CREATE TABLE public.tiers (
    name text NOT NULL,
    tier_id text NOT NULL
);
CREATE TABLE public.tokens (
    digest text NOT NULL,
    uid bigint NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    revoked_at double precision
);
CREATE TABLE public.users (
    uid bigint NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    admin boolean NOT NULL,
    created_at double precision NOT NULL,
    disabled_at double precision
);
INSERT INTO public.artifacts VALUES ('01M8NHN043SBG2CY382JA34R1W', 1, 'log', 0, '\x785ecbc94f57c84f534854c8ca4fe202001f0a041e');
INSERT INTO public.artifacts VALUES ('01M8NHN043SBG2CY382JA34R1W', 1, 'report', 0, '\x785e2b4a2dc82f2a51c84f534854c8ca4fe2020033120578');
INSERT INTO public.artifacts VALUES ('01M8NHN043SBG2CY382JA34R1W', 1, 'result', 0, '\x785e2b4a2d2ecd2951c84f534854c8ca4fe202003342057b');
INSERT INTO public.attempts VALUES ('01M8NHN03H0MJP5EHSQ9YJZ8Q7', 1, 'n1', 1, NULL, NULL, 1796019486.839517, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8NHN03QSKPQ5HJH7625Q18Y', 1, 'n1', 1, 4321, NULL, 1796019486.843091, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8NHN03WQDHN0B3Z41PXSXQT', 1, 'n1', 1, 4321, NULL, 1796019486.849645, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8NHN043SBG2CY382JA34R1W', 1, 'n1', 1, 4321, NULL, 1796019486.856556, 1796019486.857915, 'succeeded', NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8NHN049F0AV0TSCH02YVEKR', 1, 'n1', 1, 4321, NULL, 1796019486.859637, 1796019486.86449, 'partial', NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8NHN04GF3NCQRCY6856CQ3Y', 1, 'n1', 1, 4321, NULL, 1796019486.866238, 1796019486.867213, 'failed', NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8NHN04KE6QRVVG0PG2MZF11', 1, 'n1', 1, 4321, NULL, 1796019486.868907, 1796019486.86979, 'cancelled', NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8NHN04QG2RY9WFKBVB5X598', 1, 'n1', 1, 4321, NULL, 1796019486.873056, 1796019486.874149, 'partial', NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8NHN0549YY9T3S7NB8YWRGP', 1, 'n1', 1, NULL, NULL, 1796019486.886231, 1796019486.887413, 'succeeded', NULL, NULL, NULL, NULL);
INSERT INTO public.failures VALUES ('01M8NHN03QSKPQ5HJH7625Q18Y', '6d70a3815fab1acf86dbd23f03ac5404e511d79bbd66d882db2123ad09445888', '/data/ä b', 1, 'ACCESS_DENIED', 'no right', 1);
INSERT INTO public.failures VALUES ('01M8NHN04QG2RY9WFKBVB5X598', 'e220a107e93688b121f241203f2fe5c8a65e1648675ff778b4870b62a1e3ca05', '/data/x', 1, 'GONE', 'it was deleted', 3);
INSERT INTO public.filelist_chunks VALUES ('01M8NHN04V26ZSJ0AMJFVS0PFW', 0, '\x2f646174612f610a2f646174612f620a');
INSERT INTO public.filelists VALUES ('01M8NHN04YVB7JQK208JDE8CYD', 2, 0, 0, false, 1796019486.878941);
INSERT INTO public.filelists VALUES ('01M8NHN04V26ZSJ0AMJFVS0PFW', 1, 2, 16, true, 1796019486.876348);
INSERT INTO public.jobs VALUES ('01M8NHN03DDVWDYH1CRJZ4TS37', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, NULL, 'queued', NULL, '', NULL, 0, 0, 0, 0, NULL, NULL, 1796019486.832207, NULL, NULL, NULL, NULL, NULL, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 1, 1796019486.832211, NULL, 1796019486.832211, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN03H0MJP5EHSQ9YJZ8Q7', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, NULL, 'starting', NULL, '', NULL, 1, 0, 0, 0, 'n1', 1, 0, NULL, NULL, NULL, NULL, NULL, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 2, 1796019486.833909, 1796019486.83908, 1796019486.83908, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN03WQDHN0B3Z41PXSXQT', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, NULL, 'stopping', NULL, '', NULL, 1, 0, 0, 0, 'n1', 1, 0, NULL, 1796019486.851094, '', NULL, NULL, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1796019486.8446, 1796019486.848862, 1796019486.851094, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN043SBG2CY382JA34R1W', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, NULL, 'succeeded', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1796019486.852525, 1796019486.854322, 1796019486.857347, 1796019486.857349, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN049F0AV0TSCH02YVEKR', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, NULL, 'partial', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1796019486.858199, 1796019486.859429, 1796019486.860284, 1796019486.860286, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN04GF3NCQRCY6856CQ3Y', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, NULL, 'failed', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1796019486.864815, 1796019486.86603, 1796019486.866917, 1796019486.866919, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN04KE6QRVVG0PG2MZF11', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, NULL, 'cancelled', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1796019486.867483, 1796019486.868702, 1796019486.869509, 1796019486.869511, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN03QSKPQ5HJH7625Q18Y', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, NULL, 'running', NULL, '', 'transferring', 1, 7, 0, 0, 'n1', 1, 0, NULL, NULL, NULL, NULL, NULL, 9, 90, true, 4, 40, 0, 0, 0, 0, 1, 10, 0, 0, 0, 5, '[]', NULL, NULL, NULL, 4, 1796019486.840364, 1796019486.841982, 1796019486.870144, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN04QG2RY9WFKBVB5X598', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, NULL, 'partial', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1796019486.871559, 1796019486.872846, 1796019486.873674, 1796019486.873676, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN04TAXVA6M6J3Q3YYAQY', 1, 'ä', 1, '{"alluxioUri": "/data"}', '/data', NULL, 'a key', 'digest', '01M8NHN04QG2RY9WFKBVB5X598', 'queued', NULL, '', NULL, 0, 0, 0, 0, NULL, NULL, 1796019486.87449, NULL, NULL, NULL, NULL, NULL, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 1, 1796019486.874492, NULL, 1796019486.874493, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN050JVDRA8JGFE13FSPS', 1, 'by list', 2, '{"fromFileList": true, "fileListId": "01M8NHN04V26ZSJ0AMJFVS0PFW"}', NULL, '01M8NHN04V26ZSJ0AMJFVS0PFW', NULL, NULL, NULL, 'queued', NULL, '', NULL, 0, 0, 0, 0, NULL, NULL, 1796019486.880378, NULL, NULL, NULL, NULL, NULL, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 1, 1796019486.880381, NULL, 1796019486.880381, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8NHN0549YY9T3S7NB8YWRGP', 2, '', 4, '{"alluxioUri": "/data/other", "fromFileList": false}', '/data/other', NULL, NULL, NULL, NULL, 'succeeded', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 3, 1796019486.884689, 1796019486.885992, 1796019486.886556, 1796019486.886557, NULL, NULL);
INSERT INTO public.node_epochs VALUES (1);
INSERT INTO public.nodes VALUES ('n1', 1, 'boot', 'spool', 'active', 2, 1796019546.82225, 1796019486.822253, 1796019486.822254, 0);
INSERT INTO public.schema_version VALUES (10);
INSERT INTO public.tiers VALUES ('SSD', 'an-id');
INSERT INTO public.tokens VALUES ('616461', 1, 1796019486.812526, 1796023086.812526, NULL);
INSERT INTO public.tokens VALUES ('626f62', 2, 1796019486.819142, 1796023086.819142, NULL);
INSERT INTO public.users VALUES (1, 'ada', 'hash', false, 1796019486.810198, NULL);
INSERT INTO public.users VALUES (2, 'bob', 'hash', true, 1796019486.814869, NULL);
ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT artifacts_pkey PRIMARY KEY (job_id, attempt, kind, no);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (job_id, attempt);
ALTER TABLE ONLY public.failures
    ADD CONSTRAINT failures_pkey PRIMARY KEY (job_id, path_digest);
ALTER TABLE ONLY public.filelist_chunks
    ADD CONSTRAINT filelist_chunks_pkey PRIMARY KEY (list_id, no);
ALTER TABLE ONLY public.filelists
    ADD CONSTRAINT filelists_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_uid_idem_key_key UNIQUE (uid, idem_key);
ALTER TABLE ONLY public.node_epochs
    ADD CONSTRAINT node_epochs_pkey PRIMARY KEY (epoch);
ALTER TABLE ONLY public.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.tiers
    ADD CONSTRAINT tiers_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_name_key UNIQUE (name);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (uid);
CREATE INDEX filelists_age ON public.filelists USING btree (created_at, id);
CREATE INDEX filelists_of_user ON public.filelists USING btree (uid, id);
CREATE INDEX jobs_ended ON public.jobs USING btree (finished_at, id) WHERE (finished_at IS NOT NULL);
CREATE INDEX jobs_list ON public.jobs USING btree (list_id) WHERE (list_id IS NOT NULL);
CREATE INDEX jobs_of_user ON public.jobs USING btree (uid, id);
CREATE INDEX jobs_owned ON public.jobs USING btree (node) WHERE (state = ANY (ARRAY['starting'::text, 'running'::text, 'stopping'::text]));
CREATE INDEX jobs_path ON public.jobs USING btree (substr(path, 1, 256) COLLATE "C");
CREATE INDEX jobs_queued ON public.jobs USING btree (state, run_at, id) WHERE (state = 'queued'::text);
CREATE INDEX jobs_retries ON public.jobs USING btree (retry_of) WHERE (retry_of IS NOT NULL);
CREATE INDEX jobs_state ON public.jobs USING btree (state, type, id);
CREATE INDEX jobs_state_of_user ON public.jobs USING btree (uid, state, type, id);
CREATE INDEX jobs_uses ON public.jobs USING btree (uid, substr(path, 1, 256), id) WHERE ((finished_at IS NOT NULL) AND (released_at IS NULL));
CREATE INDEX tokens_expiry ON public.tokens USING btree (expires_at);
CREATE INDEX tokens_uid ON public.tokens USING btree (uid);
CREATE TRIGGER guard_jobs BEFORE UPDATE ON public.jobs FOR EACH ROW EXECUTE FUNCTION public.guard_jobs();
ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT artifacts_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.jobs(id);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.jobs(id);
ALTER TABLE ONLY public.failures
    ADD CONSTRAINT failures_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.jobs(id);
ALTER TABLE ONLY public.filelist_chunks
    ADD CONSTRAINT filelist_chunks_list_id_fkey FOREIGN KEY (list_id) REFERENCES public.filelists(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.filelists
    ADD CONSTRAINT filelists_uid_fkey FOREIGN KEY (uid) REFERENCES public.users(uid);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_retry_of_fkey FOREIGN KEY (retry_of) REFERENCES public.jobs(id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_uid_fkey FOREIGN KEY (uid) REFERENCES public.users(uid);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_uid_fkey FOREIGN KEY (uid) REFERENCES public.users(uid);
