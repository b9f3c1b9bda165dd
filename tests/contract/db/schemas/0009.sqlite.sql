BEGIN TRANSACTION;
CREATE TABLE artifacts (
    job_id  TEXT NOT NULL REFERENCES jobs (id), 
    attempt INTEGER NOT NULL,                
    kind    TEXT NOT NULL CHECK (kind IN ('log', 'report', 'result')), 
    no      INTEGER NOT NULL,                
    data    BYTEA NOT NULL,                  
    PRIMARY KEY (job_id, attempt, kind, no)
);
INSERT INTO "artifacts" VALUES('01M8MVG42XAH8A5V9ZETC39FZD',1,'log',0,X'789CCBC94F57C84F534854C8CA4FE202001F0A041E');
INSERT INTO "artifacts" VALUES('01M8MVG42XAH8A5V9ZETC39FZD',1,'report',0,X'789C2B4A2DC82F2A51C84F534854C8CA4FE2020033120578');
INSERT INTO "artifacts" VALUES('01M8MVG42XAH8A5V9ZETC39FZD',1,'result',0,X'789C2B4A2D2ECD2951C84F534854C8CA4FE202003342057B');
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
INSERT INTO "attempts" VALUES('01M8MVG40XNPMXX7N7W1H22Z91',1,'n1',1,NULL,NULL,1.79599625833699560158e+09,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8MVG419WXX4NYWHKJPMYM3S',1,'n1',1,4321,NULL,1.79599625837501573563e+09,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8MVG429GA5808E0R81E8AP7',1,'n1',1,4321,NULL,1.79599625838599944111e+09,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8MVG42XAH8A5V9ZETC39FZD',1,'n1',1,4321,NULL,1.79599625840599536898e+09,1.79599625842100238805e+09,'succeeded',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8MVG43Y4XVG30763XH597P7',1,'n1',1,4321,NULL,1.79599625843999242784e+09,1.79599625844900465014e+09,'partial',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8MVG44KCVS49EC7HXDKGN2S',1,'n1',1,4321,NULL,1795996258.48099,1.79599625849000215532e+09,'failed',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8MVG45X374076YBTR2H8A7C',1,'n1',1,4321,NULL,1.79599625854701256755e+09,1.79599625855401301378e+09,'cancelled',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8MVG49HJ3T5W3PYCFMB2NFF',1,'n1',1,4321,NULL,1.79599625861701822282e+09,1.79599625862498426436e+09,'partial',NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8MVG4CCCETE79X8JRD3VDJ0',1,'n1',1,NULL,NULL,1.79599625874101662638e+09,1795996258.745,'succeeded',NULL,NULL,NULL,NULL);
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
INSERT INTO "failures" VALUES('01M8MVG419WXX4NYWHKJPMYM3S','6d70a3815fab1acf86dbd23f03ac5404e511d79bbd66d882db2123ad09445888','/data/ä b',1,'ACCESS_DENIED','no right',1);
INSERT INTO "failures" VALUES('01M8MVG49HJ3T5W3PYCFMB2NFF','e220a107e93688b121f241203f2fe5c8a65e1648675ff778b4870b62a1e3ca05','/data/x',1,'GONE','it was deleted',3);
CREATE TABLE filelist_chunks (
    list_id TEXT NOT NULL REFERENCES filelists (id) ON DELETE CASCADE, 
    no      INTEGER NOT NULL,                
    data    BYTEA NOT NULL,                  
    PRIMARY KEY (list_id, no)
);
INSERT INTO "filelist_chunks" VALUES('01M8MVG4B7H697KHMTDKHF805X',0,X'2F646174612F610A2F646174612F620A');
CREATE TABLE filelists (
    id         TEXT PRIMARY KEY,             
    uid        BIGINT NOT NULL REFERENCES users (uid), 
    lines      BIGINT NOT NULL,              
    bytes      BIGINT NOT NULL,              
    complete   BOOLEAN NOT NULL,             
    created_at DOUBLE PRECISION NOT NULL     
);
INSERT INTO "filelists" VALUES('01M8MVG4B7H697KHMTDKHF805X',1,2,16,1,1.7959962586630046368e+09);
INSERT INTO "filelists" VALUES('01M8MVG4BGD6GYE2260MM8BJMK',2,0,0,0,1.7959962586720168591e+09);
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
INSERT INTO "jobs" VALUES('01M8MVG3Z5P516H5NSX3ZNHMBB',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'queued',NULL,'',NULL,0,0,0,0,NULL,NULL,1.79599625827700805661e+09,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,1,1.79599625827700805661e+09,NULL,1.79599625827700805661e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG40XNPMXX7N7W1H22Z91',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'starting',NULL,'',NULL,1,0,0,0,'n1',1,0.0,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,2,1.7959962583330125809e+09,1.79599625833598971363e+09,1.79599625833598971363e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG419WXX4NYWHKJPMYM3S',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'running',NULL,'','transferring',1,7,0,0,'n1',1,0.0,NULL,NULL,NULL,9,90,1,4,40,0,0,0,0,1,10,0,0,5,'[]',NULL,NULL,NULL,4,1.79599625834500193589e+09,1795996258.37401,1.79599625856101369853e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG429GA5808E0R81E8AP7',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'stopping',NULL,'',NULL,1,0,0,0,'n1',1,0.0,NULL,1.79599625839601755136e+09,'',0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.7959962583779931068e+09,1.79599625838499355311e+09,1.79599625839601755136e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG42XAH8A5V9ZETC39FZD',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'succeeded',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79599625839698314672e+09,1.79599625840498948103e+09,1.79599625842100238805e+09,1.79599625842100238805e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG43Y4XVG30763XH597P7',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'partial',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79599625843001461031e+09,1.79599625843999242784e+09,1.79599625844900465014e+09,1.79599625844900465014e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG44KCVS49EC7HXDKGN2S',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'failed',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79599625845198178288e+09,1795996258.48099,1.79599625849000215532e+09,1.79599625849000215532e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG45X374076YBTR2H8A7C',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'cancelled',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79599625849301958082e+09,1.79599625854701256755e+09,1.79599625855401301378e+09,1.79599625855401301378e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG49HJ3T5W3PYCFMB2NFF',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,NULL,'partial',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79599625860901165007e+09,1.79599625861601233482e+09,1.79599625862401866913e+09,1.79599625862401866913e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG4AKH88S7YWASFGE066R',1,'ä',1,'{"alluxioUri": "/data"}','/data',NULL,'a key','digest','01M8MVG49HJ3T5W3PYCFMB2NFF','queued',NULL,'',NULL,0,0,0,0,NULL,NULL,1.79599625864300870893e+09,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,1,1.79599625864300870893e+09,NULL,1.79599625864300870893e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG4C6T0XR3MFT6CAB75PF',1,'by list',2,'{"fromFileList": true, "fileListId": "01M8MVG4B7H697KHMTDKHF805X"}',NULL,'01M8MVG4B7H697KHMTDKHF805X',NULL,NULL,NULL,'queued',NULL,'',NULL,0,0,0,0,NULL,NULL,1.79599625869398403163e+09,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,1,1.79599625869398403163e+09,NULL,1.79599625869398403163e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8MVG4CCCETE79X8JRD3VDJ0',2,'',4,'{"alluxioUri": "/data/other", "fromFileList": false}','/data/other',NULL,NULL,NULL,NULL,'succeeded',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,3,1.79599625870001912116e+09,1.79599625874001073838e+09,1.7959962587439939975e+09,1.7959962587439939975e+09,NULL,NULL);
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
INSERT INTO "nodes" VALUES('n1',1,'boot','spool','active',2,1.79599631825701212882e+09,1.79599625825701212887e+09,1.79599625825701212887e+09,0.0);
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY              
);
INSERT INTO "schema_version" VALUES(9);
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
INSERT INTO "tokens" VALUES('616461',1,1.79599625803198814392e+09,1.79599985803198814392e+09,NULL);
INSERT INTO "tokens" VALUES('626f62',2,1.79599625825001144412e+09,1.79599985825001144407e+09,NULL);
CREATE TABLE users (
    uid           BIGINT PRIMARY KEY,        
    name          TEXT NOT NULL UNIQUE,      
    password_hash TEXT NOT NULL,             
    admin         BOOLEAN NOT NULL,          
    created_at    DOUBLE PRECISION NOT NULL, 
    disabled_at   DOUBLE PRECISION           
);
INSERT INTO "users" VALUES(1,'ada','hash',0,1.79599625799698543555e+09,NULL);
INSERT INTO "users" VALUES(2,'bob','hash',1,1.79599625824598813049e+09,NULL);
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
