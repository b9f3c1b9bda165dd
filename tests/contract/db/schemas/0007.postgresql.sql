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
    max_rss bigint
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
    CONSTRAINT jobs_check CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['succeeded'::text, 'partial'::text, 'failed'::text, 'cancelled'::text])))),
    CONSTRAINT jobs_check1 CHECK (((node IS NOT NULL) = (state = ANY (ARRAY['starting'::text, 'running'::text, 'stopping'::text])))),
    CONSTRAINT jobs_phase_check CHECK ((phase = ANY (ARRAY['listing'::text, 'transferring'::text, 'verifying'::text]))),
    CONSTRAINT jobs_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'starting'::text, 'running'::text, 'stopping'::text, 'succeeded'::text, 'partial'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT jobs_type_check CHECK ((type = ANY (ARRAY[0, 1, 2, 3, 4])))
);
CREATE TABLE public.nodes (
    name text NOT NULL,
    epoch bigint NOT NULL,
    boot_id text NOT NULL,
    state text NOT NULL,
    slots integer NOT NULL,
    lease_until double precision NOT NULL,
    started_at double precision NOT NULL,
    seen_at double precision NOT NULL,
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
INSERT INTO public.artifacts VALUES ('01M8KAG1PDQRFZJSHECZKHEQR0', 1, 'log', 0, '\x789ccbc94f57c84f534854c8ca4fe202001f0a041e');
INSERT INTO public.artifacts VALUES ('01M8KAG1PDQRFZJSHECZKHEQR0', 1, 'report', 0, '\x789c2b4a2dc82f2a51c84f534854c8ca4fe2020033120578');
INSERT INTO public.artifacts VALUES ('01M8KAG1PDQRFZJSHECZKHEQR0', 1, 'result', 0, '\x789c2b4a2d2ecd2951c84f534854c8ca4fe202003342057b');
INSERT INTO public.attempts VALUES ('01M8KAG1P25RDY2NCWAA0Z86T0', 1, 'n1', 1, NULL, NULL, 1795944875.717398, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8KAG1P5ZDKVYEN8FVQQDCZY', 1, 'n1', 1, 4321, NULL, 1795944875.72005, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8KAG1P8BJPJKWG0Q612AXXV', 1, 'n1', 1, 4321, NULL, 1795944875.723885, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8KAG1PDQRFZJSHECZKHEQR0', 1, 'n1', 1, 4321, NULL, 1795944875.727553, 1795944875.729514, 'succeeded', NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8KAG1PH036MEBK3AQRDQMKV', 1, 'n1', 1, 4321, NULL, 1795944875.732254, 1795944875.734085, 'partial', NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8KAG1PPD2YXK2KZBN1ZRYQG', 1, 'n1', 1, 4321, NULL, 1795944875.736751, 1795944875.738463, 'failed', NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8KAG1PTDXVSDKBTDKZJWDSA', 1, 'n1', 1, 4321, NULL, 1795944875.74096, 1795944875.742437, 'cancelled', NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8KAG1Q1NTQ3GTFDPYEY0X68', 1, 'n1', 1, 4321, NULL, 1795944875.748224, 1795944875.750131, 'partial', NULL, NULL, NULL);
INSERT INTO public.attempts VALUES ('01M8KAG1QCYAWRGQJG66NX2BYE', 1, 'n1', 1, NULL, NULL, 1795944875.758701, 1795944875.76048, 'succeeded', NULL, NULL, NULL);
INSERT INTO public.failures VALUES ('01M8KAG1P5ZDKVYEN8FVQQDCZY', '6d70a3815fab1acf86dbd23f03ac5404e511d79bbd66d882db2123ad09445888', '/data/ä b', 1, 'ACCESS_DENIED', 'no right', 1);
INSERT INTO public.failures VALUES ('01M8KAG1Q1NTQ3GTFDPYEY0X68', 'e220a107e93688b121f241203f2fe5c8a65e1648675ff778b4870b62a1e3ca05', '/data/x', 1, 'GONE', 'it was deleted', 3);
INSERT INTO public.filelist_chunks VALUES ('01M8KAG1Q7KBM8ZZKC7VWAQ9PY', 0, '\x2f646174612f610a2f646174612f620a');
INSERT INTO public.filelists VALUES ('01M8KAG1Q8G3JZ7FZCY2D38H9X', 2, 0, 0, false, 1795944875.753049);
INSERT INTO public.filelists VALUES ('01M8KAG1Q7KBM8ZZKC7VWAQ9PY', 1, 2, 16, true, 1795944875.752036);
INSERT INTO public.jobs VALUES ('01M8KAG1NZK2002GC9YPA8MTWQ', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, 'queued', NULL, '', NULL, 0, 0, 0, 0, NULL, NULL, 1795944875.712164, NULL, NULL, NULL, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 1, 1795944875.712166, NULL, 1795944875.712166, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1P25RDY2NCWAA0Z86T0', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, 'starting', NULL, '', NULL, 1, 0, 0, 0, 'n1', 1, 0, NULL, NULL, NULL, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 2, 1795944875.714801, 1795944875.717019, 1795944875.71702, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1P8BJPJKWG0Q612AXXV', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, 'stopping', NULL, '', NULL, 1, 0, 0, 0, 'n1', 1, 0, NULL, 1795944875.724833, '', 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1795944875.721203, 1795944875.723617, 1795944875.724833, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1PDQRFZJSHECZKHEQR0', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, 'succeeded', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1795944875.72548, 1795944875.727322, 1795944875.72876, 1795944875.728762, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1PH036MEBK3AQRDQMKV', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, 'partial', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1795944875.730055, 1795944875.73192, 1795944875.733443, 1795944875.733445, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1PPD2YXK2KZBN1ZRYQG', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, 'failed', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1795944875.734608, 1795944875.736513, 1795944875.737903, 1795944875.737905, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1PTDXVSDKBTDKZJWDSA', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, 'cancelled', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1795944875.738973, 1795944875.740743, 1795944875.742018, 1795944875.74202, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1P5ZDKVYEN8FVQQDCZY', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, 'running', NULL, '', 'transferring', 1, 7, 0, 0, 'n1', 1, 0, NULL, NULL, NULL, 9, 90, true, 4, 40, 0, 0, 0, 0, 1, 10, 0, 0, 5, '[]', NULL, NULL, NULL, 4, 1795944875.718194, 1795944875.719797, 1795944875.742974, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1Q1NTQ3GTFDPYEY0X68', 1, 'load', 1, '{"alluxioUri": "/data", "fromFileList": false}', '/data', NULL, NULL, NULL, 'partial', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 4, 1795944875.745388, 1795944875.7479, 1795944875.749306, 1795944875.749307, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1Q675BP5HHWFP7C5R65', 1, 'ä', 1, '{"alluxioUri": "/data"}', '/data', 'a key', 'digest', '01M8KAG1Q1NTQ3GTFDPYEY0X68', 'queued', NULL, '', NULL, 0, 0, 0, 0, NULL, NULL, 1795944875.750589, NULL, NULL, NULL, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 1, 1795944875.75059, NULL, 1795944875.750591, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1QA3KJ327DVQM9MFQC1', 1, 'by list', 2, '{"fromFileList": true, "fileListId": "01M8KAG1Q7KBM8ZZKC7VWAQ9PY"}', NULL, NULL, NULL, NULL, 'queued', NULL, '', NULL, 0, 0, 0, 0, NULL, NULL, 1795944875.754808, NULL, NULL, NULL, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 1, 1795944875.754811, NULL, 1795944875.754812, NULL, NULL);
INSERT INTO public.jobs VALUES ('01M8KAG1QCYAWRGQJG66NX2BYE', 2, '', 4, '{"alluxioUri": "/data/other", "fromFileList": false}', '/data/other', NULL, NULL, NULL, 'succeeded', NULL, '', NULL, 1, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, 3, 30, true, 3, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', NULL, NULL, NULL, 3, 1795944875.756396, 1795944875.758376, 1795944875.759263, 1795944875.759265, NULL);
INSERT INTO public.nodes VALUES ('n1', 1, 'boot', 'active', 2, 1795944935.710851, 1795944875.710853, 1795944875.710853);
INSERT INTO public.schema_version VALUES (7);
INSERT INTO public.tiers VALUES ('SSD', 'an-id');
INSERT INTO public.tokens VALUES ('616461', 1, 1795944875.706631, 1795948475.706631, NULL);
INSERT INTO public.tokens VALUES ('626f62', 2, 1795944875.70992, 1795948475.70992, NULL);
INSERT INTO public.users VALUES (1, 'ada', 'hash', false, 1795944875.705413, NULL);
INSERT INTO public.users VALUES (2, 'bob', 'hash', true, 1795944875.709268, NULL);
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
CREATE INDEX jobs_of_user ON public.jobs USING btree (uid, id);
CREATE INDEX jobs_owned ON public.jobs USING btree (node) WHERE (state = ANY (ARRAY['starting'::text, 'running'::text, 'stopping'::text]));
CREATE INDEX jobs_path ON public.jobs USING btree (substr(path, 1, 256) COLLATE "C");
CREATE INDEX jobs_queued ON public.jobs USING btree (run_at, id) WHERE (state = 'queued'::text);
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
