BEGIN TRANSACTION;
CREATE TABLE artifacts (
    job_id  TEXT NOT NULL REFERENCES jobs (id), 
    attempt INTEGER NOT NULL,                
    kind    TEXT NOT NULL CHECK (kind IN ('log', 'report', 'result')), 
    no      INTEGER NOT NULL,                
    data    BYTEA NOT NULL,                  
    PRIMARY KEY (job_id, attempt, kind, no)
);
INSERT INTO "artifacts" VALUES('01M8KAG1HNEMV5EAPEMGWEE4C3',1,'log',0,X'789CCBC94F57C84F534854C8CA4FE202001F0A041E');
INSERT INTO "artifacts" VALUES('01M8KAG1HNEMV5EAPEMGWEE4C3',1,'report',0,X'789C2B4A2DC82F2A51C84F534854C8CA4FE2020033120578');
INSERT INTO "artifacts" VALUES('01M8KAG1HNEMV5EAPEMGWEE4C3',1,'result',0,X'789C2B4A2D2ECD2951C84F534854C8CA4FE202003342057B');
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
    PRIMARY KEY (job_id, attempt)
);
INSERT INTO "attempts" VALUES('01M8KAG1HDQRY1WM73KWTFDRKR',1,'n1',1,NULL,NULL,1.79594487556601023676e+09,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8KAG1HEZXAV8RE7E85D94NT',1,'n1',1,4321,NULL,1.79594487556798171994e+09,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8KAG1HHW6NEK83W4MH4D4XK',1,'n1',1,4321,NULL,1.79594487557200479504e+09,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8KAG1HNEMV5EAPEMGWEE4C3',1,'n1',1,4321,NULL,1.7959448755749821663e+09,1.79594487557598805425e+09,'succeeded',NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8KAG1HR9PKRG7VTECQEXGM0',1,'n1',1,4321,NULL,1.7959448755779995918e+09,1.7959448755779995918e+09,'partial',NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8KAG1HVEBZP7MQK89BCD09F',1,'n1',1,4321,NULL,1.79594487558001136774e+09,1.79594487558101701743e+09,'failed',NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8KAG1HXTPYPY560K24ZAGSX',1,'n1',1,4321,NULL,1.79594487558298850061e+09,1.79594487558399438856e+09,'cancelled',NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8KAG1J2H8KV6F0703GR9ZER',1,'n1',1,4321,NULL,1.7959448755870118141e+09,1.79594487558801770205e+09,'partial',NULL,NULL,NULL);
INSERT INTO "attempts" VALUES('01M8KAG1J887K8E235W7PWRE13',1,'n1',1,NULL,NULL,1.79594487559300661086e+09,1.79594487559401249886e+09,'succeeded',NULL,NULL,NULL);
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
INSERT INTO "failures" VALUES('01M8KAG1HEZXAV8RE7E85D94NT','6d70a3815fab1acf86dbd23f03ac5404e511d79bbd66d882db2123ad09445888','/data/ä b',1,'ACCESS_DENIED','no right',1);
INSERT INTO "failures" VALUES('01M8KAG1J2H8KV6F0703GR9ZER','e220a107e93688b121f241203f2fe5c8a65e1648675ff778b4870b62a1e3ca05','/data/x',1,'GONE','it was deleted',3);
CREATE TABLE filelist_chunks (
    list_id TEXT NOT NULL REFERENCES filelists (id) ON DELETE CASCADE, 
    no      INTEGER NOT NULL,                
    data    BYTEA NOT NULL,                  
    PRIMARY KEY (list_id, no)
);
INSERT INTO "filelist_chunks" VALUES('01M8KAG1J5TBEGPN6ZYWYEAXZ7',0,X'2F646174612F610A2F646174612F620A');
CREATE TABLE filelists (
    id         TEXT PRIMARY KEY,             
    uid        BIGINT NOT NULL REFERENCES users (uid), 
    lines      BIGINT NOT NULL,              
    bytes      BIGINT NOT NULL,              
    complete   BOOLEAN NOT NULL,             
    created_at DOUBLE PRECISION NOT NULL     
);
INSERT INTO "filelists" VALUES('01M8KAG1J5TBEGPN6ZYWYEAXZ7',1,2,16,1,1.79594487558898329741e+09);
INSERT INTO "filelists" VALUES('01M8KAG1J6PA02ZH19GZ61SJVD',2,0,0,0,1.79594487558998918536e+09);
CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,            
    uid         BIGINT NOT NULL REFERENCES users (uid), 
    name        TEXT NOT NULL,               
    type        SMALLINT NOT NULL CHECK (type IN (0, 1, 2, 3, 4)), 
    params      TEXT NOT NULL,               
    path        TEXT,                        
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
    UNIQUE (uid, idem_key),
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'partial', 'failed', 'cancelled'))),
    CHECK ((node IS NOT NULL) = (state IN ('starting', 'running', 'stopping')))
);
INSERT INTO "jobs" VALUES('01M8KAG1HB10WMM3KZ3XG7AT3W',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,'queued',NULL,'',NULL,0,0,0,0,NULL,NULL,1.79594487556299257273e+09,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,1,1.79594487556299257273e+09,NULL,1.79594487556299257273e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1HDQRY1WM73KWTFDRKR',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,'starting',NULL,'',NULL,1,0,0,0,'n1',1,0.0,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,2,1.79594487556500434881e+09,1.79594487556601023676e+09,1.79594487556601023676e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1HEZXAV8RE7E85D94NT',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,'running',NULL,'','transferring',1,7,0,0,'n1',1,0.0,NULL,NULL,NULL,9,90,1,4,40,0,0,0,0,1,10,0,0,5,'[]',NULL,NULL,NULL,4,1.79594487556701612471e+09,1.79594487556798171994e+09,1.79594487558399438856e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1HHW6NEK83W4MH4D4XK',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,'stopping',NULL,'',NULL,1,0,0,0,'n1',1,0.0,NULL,1.79594487557200479504e+09,'',0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79594487556898736949e+09,1.79594487557200479504e+09,1.79594487557200479504e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1HNEMV5EAPEMGWEE4C3',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,'succeeded',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79594487557301068312e+09,1.7959448755749821663e+09,1.79594487557598805425e+09,1.79594487557598805425e+09,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1HR9PKRG7VTECQEXGM0',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,'partial',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79594487557598805425e+09,1.7959448755779995918e+09,1.7959448755779995918e+09,1.7959448755779995918e+09,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1HVEBZP7MQK89BCD09F',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,'failed',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79594487557900547979e+09,1.79594487558001136774e+09,1.79594487558101701743e+09,1.79594487558101701743e+09,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1HXTPYPY560K24ZAGSX',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,'cancelled',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79594487558198261266e+09,1.79594487558298850061e+09,1.79594487558298850061e+09,1.79594487558298850061e+09,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1J2H8KV6F0703GR9ZER',1,'load',1,'{"alluxioUri": "/data", "fromFileList": false}','/data',NULL,NULL,NULL,'partial',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,4,1.79594487558600616455e+09,1.7959448755870118141e+09,1.79594487558801770205e+09,1.79594487558801770205e+09,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1J4R38EVVDV98EXPWYM',1,'ä',1,'{"alluxioUri": "/data"}','/data','a key','digest','01M8KAG1J2H8KV6F0703GR9ZER','queued',NULL,'',NULL,0,0,0,0,NULL,NULL,1.79594487558801770205e+09,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,1,1.79594487558801770205e+09,NULL,1.79594487558801770205e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1J7MYJFBD5PYVRTX29X',1,'by list',2,'{"fromFileList": true, "fileListId": "01M8KAG1J5TBEGPN6ZYWYEAXZ7"}',NULL,NULL,NULL,NULL,'queued',NULL,'',NULL,0,0,0,0,NULL,NULL,1.79594487559099483492e+09,NULL,NULL,NULL,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,1,1.79594487559099483492e+09,NULL,1.79594487559099483492e+09,NULL,NULL);
INSERT INTO "jobs" VALUES('01M8KAG1J887K8E235W7PWRE13',2,'',4,'{"alluxioUri": "/data/other", "fromFileList": false}','/data/other',NULL,NULL,NULL,'succeeded',NULL,'',NULL,1,0,0,0,NULL,NULL,0.0,NULL,NULL,NULL,3,30,1,3,30,0,0,0,0,0,0,0,0,0,'[]',NULL,NULL,NULL,3,1.79594487559200072287e+09,1.79594487559300661086e+09,1.79594487559401249886e+09,1.79594487559401249886e+09,NULL);
CREATE TABLE nodes (
    name        TEXT PRIMARY KEY,            
    epoch       BIGINT NOT NULL,             
    boot_id     TEXT NOT NULL,               
    state       TEXT NOT NULL CHECK (state IN ('active', 'draining', 'lost')), 
    slots       INTEGER NOT NULL,            
    lease_until DOUBLE PRECISION NOT NULL,   
    started_at  DOUBLE PRECISION NOT NULL,   
    seen_at     DOUBLE PRECISION NOT NULL    
);
INSERT INTO "nodes" VALUES('n1',1,'boot','active',2,1.79594493556299257281e+09,1.79594487556299257273e+09,1.79594487556299257273e+09);
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY              
);
INSERT INTO "schema_version" VALUES(7);
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
INSERT INTO "tokens" VALUES('616461',1,1.79594487556098103518e+09,1.79594847556098103518e+09,NULL);
INSERT INTO "tokens" VALUES('626f62',2,1.79594487556198692318e+09,1.79594847556198692326e+09,NULL);
CREATE TABLE users (
    uid           BIGINT PRIMARY KEY,        
    name          TEXT NOT NULL UNIQUE,      
    password_hash TEXT NOT NULL,             
    admin         BOOLEAN NOT NULL,          
    created_at    DOUBLE PRECISION NOT NULL, 
    disabled_at   DOUBLE PRECISION           
);
INSERT INTO "users" VALUES(1,'ada','hash',0,1.79594487556001543996e+09,NULL);
INSERT INTO "users" VALUES(2,'bob','hash',1,1.79594487556198692318e+09,NULL);
CREATE INDEX tokens_uid ON tokens (uid);
CREATE INDEX jobs_queued ON jobs (run_at, id) WHERE state = 'queued';
CREATE INDEX jobs_owned ON jobs (node) WHERE state IN ('starting', 'running', 'stopping');
CREATE INDEX jobs_of_user ON jobs (uid, id);
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
