BEGIN TRANSACTION;
CREATE TABLE artifacts (
    job_id  TEXT NOT NULL REFERENCES jobs (id), 
    attempt INTEGER NOT NULL,                
    kind    TEXT NOT NULL CHECK (kind IN ('log', 'report', 'result')), 
    no      INTEGER NOT NULL,                
    data    BYTEA NOT NULL,                  
    PRIMARY KEY (job_id, attempt, kind, no)
);
INSERT INTO "artifacts" VALUES('01M8NHMZSEV0BDJXJB4CTE8HFN',1,'log',0,X'785ECBC94F57C84F534854C8CA4FE202001F0A041E');
INSERT INTO "artifacts" VALUES('01M8NHMZSEV0BDJXJB4CTE8HFN',1,'report',0,X'785E2B4A2DC82F2A51C84F534854C8CA4FE2020033120578');
INSERT INTO "artifacts" VALUES('01M8NHMZSEV0BDJXJB4CTE8HFN',1,'result',0,X'785E2B4A2D2ECD2951C84F534854C8CA4FE202003342057B');
CREATE TABLE attempts (
    job_id      TEXT NOT NULL REFERENCES jobs (id), 
    attempt     INTEGER NOT NULL,            
    node        TEXT NOT NULL,               
    epoch       BIGINT NOT NULL,             
    pid         BIGINT,                      
    isolation   TEXT,                        
    started_at  DOUBLE PRECISION NOT NULL,   
    ended_at    DOUBLE PRECISION,            
    outcome     TEXT,                        
    exit_code   INTEGER,                     
    exit_signal INTEGER,                     
    max_rss     BIGINT,                      
    event_key   TEXT,                        
    PRIMARY KEY (job_id, attempt)
);
INSERT INTO "attempts" VALUES('01M8NHMZRPQ9W35C55W1BCM06S',1,'n1',1,NULL,NULL,1.79601948649098873142e+09,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8NHMZRVNTG3DB3WNFVQP91K',1,'n1',1,4321,NULL,1.79601948649501204488e+09,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8NHMZS0C50AT918R0Q07P9X',1,'n1',1,4321,NULL,1.79601948649899506573e+09,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8NHMZSEV0BDJXJB4CTE8HFN',1,'n1',1,4321,NULL,1.79601948651701951026e+09,1.79601948652900910373e+09,'succeeded',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8NHMZTBKQ9ZH5029DKFPWYR',1,'n1',1,4321,NULL,1.79601948654900503161e+09,1.79601948656300592415e+09,'partial',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8NHMZV6G3S7J5CFB9GR39AY',1,'n1',1,4321,NULL,1.7960194865710124969e+09,1.79601948657398962977e+09,'failed',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8NHMZVHVK1PN70TKKGY7TRE',1,'n1',1,4321,NULL,1.79601948658300185207e+09,1.79601948658799076075e+09,'cancelled',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8NHMZW6D532DTADJD32DYS4',1,'n1',1,4321,NULL,1796019486.61201,1.79601948661599302293e+09,'partial',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8NHMZXSMZW2VX3DEDS73WYP',1,'n1',1,NULL,NULL,1.79601948665501928324e+09,1.79601948665699052811e+09,'succeeded',NULL,NULL,NULL,NULL);
CREATE TABLE failures (
    job_id  TEXT NOT NULL REFERENCES jobs (id), 
    path_digest TEXT NOT NULL,               
    path    TEXT NOT NULL,                   
    attempt INTEGER NOT NULL,                
    reason  TEXT NOT NULL,                   
    message TEXT NOT NULL,                   
    tries   INTEGER NOT NULL,                
    PRIMARY KEY (job_id, path_digest)
);
INSERT INTO "failures" VALUES('01M8NHMZRVNTG3DB3WNFVQP91K','6d70a3815fab1acf86dbd23f03ac5404e511d79bbd66d882db2123ad09445888','/data/ä b',1,'ACCESS_DENIED','no right',1);
INSERT INTO "failures" VALUES('01M8NHMZW6D532DTADJD32DYS4','e220a107e93688b121f241203f2fe5c8a65e1648675ff778b4870b62a1e3ca05','/data/x',1,'GONE','it was deleted',3);
CREATE TABLE filelist_chunks (
    list_id TEXT NOT NULL REFERENCES filelists (id) ON DELETE CASCADE, 
    no      INTEGER NOT NULL,                
    data    BYTEA NOT NULL,                  
    PRIMARY KEY (list_id, no)
);
INSERT INTO "filelist_chunks" VALUES('01M8NHMZX0N9RMXH67VPNXXZDG',0,X'2F646174612F610A2F646174612F620A');
CREATE TABLE filelists (
    id         TEXT PRIMARY KEY,             
    uid        BIGINT NOT NULL REFERENCES users (uid), 
    lines      BIGINT NOT NULL,              
    bytes      BIGINT NOT NULL,              
    complete   BOOLEAN NOT NULL,             
    created_at DOUBLE PRECISION NOT NULL     
);
INSERT INTO "filelists" VALUES('01M8NHMZX0N9RMXH67VPNXXZDG',1,2,16,1,1.79601948662601113319e+09);
INSERT INTO "filelists" VALUES('01M8NHMZX8ZJW4BM54XXBVR8J8',2,0,0,0,1.79601948663200592995e+09);
CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,            
    uid         BIGINT NOT NULL REFERENCES users (uid), 
    name        TEXT NOT NULL,               
    type        SMALLINT NOT NULL CHECK (type IN (0, 1, 2, 3, 4)), 
    params      TEXT NOT NULL,               
    path        TEXT,                        
    list_id     TEXT,                        
    idem_key    TEXT,                        
    idem_digest TEXT,                        
    retry_of    TEXT REFERENCES jobs (id),   
    state       TEXT NOT NULL CHECK (state IN
        ('queued', 'starting', 'running', 'stopping', 'succeeded', 'partial', 'failed', 'cancelled')), 
    reason      TEXT,                        
    message     TEXT NOT NULL,               
    phase       TEXT CHECK (phase IN ('listing', 'transferring', 'verifying')), 
    attempt     INTEGER NOT NULL,            
    seq         BIGINT NOT NULL,             
    crashes     INTEGER NOT NULL,            
    losses      INTEGER NOT NULL,            
    node        TEXT,                        
    node_epoch  BIGINT,                      
    run_at      DOUBLE PRECISION NOT NULL,   
    pushed_at   DOUBLE PRECISION,            
    cancel_at   DOUBLE PRECISION,            
    cancel_reason TEXT,                      
    bandwidth   BIGINT,                      
    concurrency INTEGER,                     
    files_total    BIGINT NOT NULL DEFAULT 0, 
    bytes_total    BIGINT NOT NULL DEFAULT 0, 
    total_complete BOOLEAN NOT NULL,         
    files_done     BIGINT NOT NULL DEFAULT 0, 
    bytes_done     BIGINT NOT NULL DEFAULT 0, 
    files_skipped  BIGINT NOT NULL DEFAULT 0, 
    bytes_skipped  BIGINT NOT NULL DEFAULT 0, 
    files_kept     BIGINT NOT NULL DEFAULT 0, 
    bytes_kept     BIGINT NOT NULL DEFAULT 0, 
    files_failed   BIGINT NOT NULL DEFAULT 0, 
    bytes_failed   BIGINT NOT NULL DEFAULT 0, 
    files_left_out BIGINT NOT NULL DEFAULT 0, 
    files_repaired BIGINT NOT NULL DEFAULT 0, 
    bytes_wire     BIGINT NOT NULL DEFAULT 0, 
    speed_bps      BIGINT NOT NULL,          
    errors         TEXT NOT NULL,            
    verified_files BIGINT,                   
    verified_bytes BIGINT,                   
    local_path  TEXT,                        
    version     BIGINT NOT NULL,             
    created_at  DOUBLE PRECISION NOT NULL,   
    started_at  DOUBLE PRECISION,            
    updated_at  DOUBLE PRECISION NOT NULL,   
    finished_at DOUBLE PRECISION,            
    released_at DOUBLE PRECISION,            
    artifacts_deleted_at DOUBLE PRECISION,   
    UNIQUE (uid, idem_key),
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'partial', 'failed', 'cancelled'))),
    CHECK ((node IS NOT NULL) = (state IN ('starting', 'running', 'stopping')))
);
INSERT INTO "jobs" VALUES('01M8NHMZRJQR49000VQBW5S84A',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'queued',NULL,'',NULL,0,0,0,0,NULL,NULL,1.79601948648298239711e+09,NULL,NULL,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,1,1.79601948648298239711e+09,NULL,1.79601948648298239711e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZRPQ9W35C55W1BCM06S',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'starting',NULL,'',NULL,1,0,0,0,'n1',1,0.0,NULL,NULL,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,2,1.79601948648599982257e+09,1.79601948648998284343e+09,1.79601948648998284343e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZRVNTG3DB3WNFVQP91K',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'running',NULL,'','transferring',1,7,0,0,'n1',1,0.0,NULL,NULL,NULL,NULL,NULL,9,90,1,4,40,0,0,0,0,1,10,0,0,0,5,'[]',NULL,NULL,NULL,4,1.79601948649098873142e+09,1.79601948649501204488e+09,1.79601948659000253682e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZS0C50AT918R0Q07P9X',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'stopping',NULL,'',NULL,1,0,0,0,'n1',1,0.0,NULL,1.79601948650599575049e+09,'',NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79601948649601793287e+09,1.79601948649899506573e+09,1.79601948650599575049e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZSEV0BDJXJB4CTE8HFN',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'succeeded',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79601948651001906394e+09,1.79601948651701951026e+09,1.79601948652900910373e+09,1.79601948652900910373e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZTBKQ9ZH5029DKFPWYR',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'partial',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79601948653898692135e+09,1.79601948654900503161e+09,1.79601948656300592415e+09,1.79601948656300592415e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZV6G3S7J5CFB9GR39AY',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'failed',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.7960194865679950714e+09,1.79601948657000660891e+09,1.79601948657398962977e+09,1.79601948657398962977e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZVHVK1PN70TKKGY7TRE',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'cancelled',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79601948657700729366e+09,1.79601948658199596408e+09,1.79601948658698511119e+09,1.79601948658698511119e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZW6D532DTADJD32DYS4',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'partial',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79601948660199189182e+09,1796019486.61201,1.79601948661599302293e+09,1.79601948661599302293e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZWWE0FZK1X8KBZ8KNB1',1,'ä',1,'{"alluxioUri": "/data"}','/data',NULL,'a key','digest','01M8NHMZW6D532DTADJD32DYS4','queued',NULL,'',NULL,0,0,0,0,NULL,NULL,1.79601948662001633643e+09,NULL,NULL,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,1,1.79601948662001633643e+09,NULL,1.79601948662001633643e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZXKN6TGADHFGBGHP2FY',1,'by list',2,'{"fromFileList": true, "fileListId": "01M8NHMZX0N9RMXH67VPNXXZDG"}',NULL,'01M8NHMZX0N9RMXH67VPNXXZDG',NULL,NULL,NULL,'queued',NULL,'',NULL,0,0,0,0,NULL,NULL,1.79601948664399528503e+09,NULL,NULL,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,1,1.79601948664399528503e+09,NULL,1.79601948664399528503e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8NHMZXSMZW2VX3DEDS73WYP',2,'',4,'{"alluxioUri": "/data/other", "fromFileList": false}','/data/other',NULL,NULL,NULL,NULL,'succeeded',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,3,1.7960194866489841938e+09,1.79601948665501928324e+09,1.79601948665699052811e+09,1.79601948665699052811e+09,NULL,NULL);
CREATE TABLE node_epochs (
    epoch BIGINT PRIMARY KEY                 
);
INSERT INTO "node_epochs" VALUES(1);
CREATE TABLE nodes (
    name        TEXT PRIMARY KEY,            
    epoch       BIGINT NOT NULL,             
    boot_id     TEXT NOT NULL,               
    instance    TEXT NOT NULL DEFAULT '',    
    state       TEXT NOT NULL CHECK (state IN ('active', 'draining', 'lost')), 
    slots       INTEGER NOT NULL,            
    lease_until DOUBLE PRECISION NOT NULL,   
    started_at  DOUBLE PRECISION NOT NULL,   
    seen_at     DOUBLE PRECISION NOT NULL,   
    older_until DOUBLE PRECISION NOT NULL DEFAULT 0 
);
INSERT INTO "nodes" VALUES('n1',1,'boot','spool','active',2,1.79601954646898126595e+09,1.796019486468981266e+09,1.796019486468981266e+09,0.0);
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY              
);
INSERT INTO "schema_version" VALUES(10);
CREATE TABLE tiers (
    name    TEXT PRIMARY KEY,                
    tier_id TEXT NOT NULL                    
);
INSERT INTO "tiers" VALUES('SSD','an-id');
CREATE TABLE tokens (
    digest       TEXT PRIMARY KEY,           
    uid          BIGINT NOT NULL REFERENCES users (uid), 
    created_at   DOUBLE PRECISION NOT NULL,  
    expires_at   DOUBLE PRECISION NOT NULL,  
    revoked_at   DOUBLE PRECISION            
);
INSERT INTO "tokens" VALUES('616461',1,1.79601948645401453966e+09,1.79602308645401453966e+09,NULL);
INSERT INTO "tokens" VALUES('626f62',2,1.79601948646499824527e+09,1.79602308646499824523e+09,NULL);
CREATE TABLE users (
    uid           BIGINT PRIMARY KEY,        
    name          TEXT NOT NULL UNIQUE,      
    password_hash TEXT NOT NULL,             
    admin         BOOLEAN NOT NULL,          
    created_at    DOUBLE PRECISION NOT NULL, 
    disabled_at   DOUBLE PRECISION           
);
INSERT INTO "users" VALUES(1,'ada','hash',0,1.79601948644898533821e+09,NULL);
INSERT INTO "users" VALUES(2,'bob','hash',1,1.79601948646000909807e+09,NULL);
CREATE INDEX tokens_uid ON tokens (uid);
CREATE INDEX tokens_expiry ON tokens (expires_at);
CREATE INDEX filelists_of_user ON filelists (uid, id);
CREATE INDEX filelists_age ON filelists (created_at, id);
CREATE INDEX jobs_queued ON jobs (state, run_at, id) WHERE state = 'queued';
CREATE INDEX jobs_owned ON jobs (node) WHERE state IN ('starting', 'running', 'stopping');
CREATE INDEX jobs_of_user ON jobs (uid, id);
CREATE INDEX jobs_state ON jobs (state, type, id);
CREATE INDEX jobs_state_of_user ON jobs (uid, state, type, id);
CREATE INDEX jobs_ended ON jobs (finished_at, id) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_retries ON jobs (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX jobs_list ON jobs (list_id) WHERE list_id IS NOT NULL;
CREATE INDEX jobs_uses ON jobs (uid, substr(path, 1, 256), id) WHERE finished_at IS NOT NULL AND released_at IS NULL;
CREATE INDEX jobs_path ON jobs (substr(path, 1, 256));
CREATE TRIGGER guard_terminal BEFORE UPDATE ON jobs
WHEN OLD.state IN ('succeeded', 'partial', 'failed', 'cancelled') AND NEW.state <> OLD.state
BEGIN
    SELECT RAISE(ABORT, 'terminal states are final');
END;
CREATE TRIGGER guard_attempt BEFORE UPDATE ON jobs WHEN NEW.attempt < OLD.attempt
BEGIN
    SELECT RAISE(ABORT, 'attempt may not fall');
END;
COMMIT;
