"""The guards in the rows: who may change a job, an attempt or a node, in SQL and in the database's own triggers."""

from mutation.mutant import mutant

DB = "tests/contract/db/"
CLAIMS, ENDS, FOLDING, LEASES = (f"avio/db/{name}.py" for name in ("claims", "ends", "folds", "leases"))
TURNS, FAIR = "avio/db/turns.py", "avio/db/fair_order.py"
OWNED = "AND state IN {owned}"

MUTANTS = (
    mutant(
        "T1: one job for one Idempotency-Key",
        "avio/db/orders.py",
        ("*(list_id, new.idem_key, new.idem_digest,", "*(list_id, None, new.idem_digest,"),
        tests=f"{DB}test_orders.py -k sqlite",
    ),
    mutant(
        "T1: the same key with another order is refused",
        "avio/rules/jobs.py",
        ("if earlier.idem_digest != digest:", "if False:"),
        tests=f"{DB}test_rules.py -k sqlite",
    ),
    mutant(
        "T2: only jobs without a recent hint are pushed again",
        "avio/db/hints.py",
        ("(pushed_at IS NULL OR pushed_at < {now} - ?)", "(pushed_at IS NULL OR pushed_at < {now} + ?)"),
        tests=f"{DB}test_hints.py -k sqlite",
    ),
    mutant(
        "no preload is due while a free job drops files of it",
        CLAIMS,
        ('conditions.append(f"NOT EXISTS (SELECT 1 FROM jobs f WHERE {uses.FREED_BY})")', "pass"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T3: a claim counts the attempt up",
        CLAIMS,
        ("attempt = attempt + 1, seq = 0", "attempt = attempt, seq = 0"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T3: from queued only",
        CLAIMS,
        ("WHERE id = ? AND state = 'queued' AND run_at", "WHERE id = ? AND run_at"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T3: not before its time",
        CLAIMS,
        ("AND state = 'queued' AND run_at <= {now} AND EXISTS", "AND state = 'queued' AND EXISTS"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T3: by a node with a lease",
        CLAIMS,
        (" AND lease_until > {now})", ")"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T3: by a node in its epoch",
        CLAIMS,
        ("WHERE name = ? AND epoch = ? AND state", "WHERE name = ? AND epoch >= ? AND state"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T3: nobody waits for all jobs of another user",
        TURNS,
        ("    turns, after = start(job.standing, now, job.priority)\n", "    turns, after = job.standing.turns, now\n"),
        tests=f"{DB}test_turns.py -k sqlite",
    ),
    mutant(
        "T3: who was away saves up no more than one start",
        FAIR,
        ("max(user.turns.of(priority), now.of(priority) - 1 / user.weight)", "user.turns.of(priority)"),
        tests=f"{DB}test_turns.py -k sqlite",
    ),
    mutant(
        "T3: starts are divided by weight",
        FAIR,
        ("begun + 1 / user.weight", "begun + 1"),
        tests="tests/unit/db/test_fair_order.py",
    ),
    mutant(
        "T3: long jobs of one user do not take all slots",
        FAIR,
        ("max(0, above + nth) / weight, round", "0.0, round"),
        tests=f"{DB}test_turns.py -k sqlite",
    ),
    mutant(
        "T3: a higher priority comes first",
        FAIR,
        ("return -part.priority, max(", "return 0, max("),
        tests=f"{DB}test_turns.py -k sqlite",
    ),
    mutant(
        "T3: urgent jobs take nothing from the shares of the others",
        FAIR,
        ('"urgent" if priority > 0 else "others": turn', '"others": turn'),
        tests=f"{DB}test_turns.py -k sqlite",
    ),
    mutant(
        "T3: within the limits of running jobs",
        CLAIMS,
        ("is None or not turns.may_start(starting):", "is None:"),
        tests=f"{DB}test_job_limits.py -k sqlite",
    ),
    mutant(
        "T3: claims come one by one, so that two at once stay within a limit (PostgreSQL)",
        TURNS,
        ('return _now("{alone}")', "return _now()"),
        tests=f"{DB}test_job_limits.py -k postgresql",
    ),
    mutant(
        "T3: a claim waits for no job that another transaction changes (PostgreSQL)",
        TURNS,
        ("WHERE j.id = ? {skip_locked_j}", "WHERE j.id = ?"),
        tests=f"{DB}test_claims.py -k postgresql",
    ),
    mutant(
        "T3: a frozen claim keeps no other node from claiming (PostgreSQL)",
        TURNS,
        ("    if not is_sqlite():\n", "    if False:\n"),
        tests=f"{DB}test_claims.py -k postgresql",
    ),
    mutant(
        "T3: by an active node",
        CLAIMS,
        ("AND state = 'active' AND lease", "AND lease"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T4: the attempt is the row's",
        CLAIMS,
        ("AND attempt = ? AND node = ?", "AND ? >= 0 AND node = ?"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T4: the node and the epoch are the row's",
        CLAIMS,
        ("AND node = ? AND node_epoch = ?", "AND ? > '' AND ? > 0"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T4: from starting only",
        CLAIMS,
        ("node_epoch = ? AND state = 'starting'", "node_epoch = ?"),
        tests=f"{DB}test_claims.py -k sqlite",
    ),
    mutant(
        "T5: an older epoch renews nothing",
        LEASES,
        ("AND epoch = ? AND state <> 'lost'", "AND ? > 0 AND state <> 'lost'"),
        tests=f"{DB}test_leases.py -k sqlite",
    ),
    mutant(
        "T5: a node that was given up renews nothing",
        LEASES,
        ("AND epoch = ? AND state <> 'lost'", "AND epoch = ?"),
        tests=f"{DB}test_leases.py -k sqlite",
    ),
    mutant(
        "T5: each start is an epoch of its own",
        LEASES,
        ("epoch = nodes.epoch + 1", "epoch = nodes.epoch"),
        tests=f"{DB}test_leases.py -k sqlite",
    ),
    mutant(
        "T5: a name with a lease is not given away",
        LEASES,
        (" OR nodes.lease_until <= {{now}} RETURNING", " OR {{now}} > 0 RETURNING"),
        tests=f"{DB}test_leases.py -k sqlite",
    ),
    mutant(
        "T5: jobs of another supervisor wait for its lease and grace",
        "avio/db/dead_nodes.py",
        ("n.older_until > {now} - ?", "n.older_until > {now} * 2 - ?"),
        tests=f"{DB}test_leases.py -k sqlite",
    ),
    mutant(
        "T5: the same supervisor is one boot and one spool",
        LEASES,
        ("nodes.instance = excluded.instance AND nodes.boot_id", "nodes.boot_id"),
        tests=f"{DB}test_leases.py -k sqlite",
    ),
    mutant(
        "T1: the quota is counted where the job is inserted",
        "avio/db/orders.py",
        ("            if count_queued(new.uid) >= queued_max:\n", "            if False:\n"),
        tests=f"{DB}test_orders.py -k sqlite",
    ),
    mutant(
        "T1: orders of one user are counted one by one (PostgreSQL)",
        "avio/db/orders.py",
        (' WHERE uid = ? {alone}"', ' WHERE uid = ?"'),
        tests=f"{DB}test_orders.py -k postgresql",
    ),
    mutant(
        "T8: a wish waits for the end of a give back (PostgreSQL)",
        ENDS,
        ("state IN {owned} {alone}", "state IN {owned}"),
        tests=f"{DB}test_ends.py -k postgresql",
    ),
    mutant(
        "the database is away only if it says so",
        "avio/db/away.py",
        ('return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE', "return True"),
        tests=f"{DB}test_away.py -k sqlite",
    ),
    mutant(
        "T6: events of the current attempt only",
        FOLDING,
        ("AND attempt = ? AND seq < ?", "AND ? > 0 AND seq < ?"),
        tests=f"{DB}test_folds.py -k sqlite",
    ),
    mutant(
        "T6: events that are newer than the newest",
        FOLDING,
        ("AND attempt = ? AND seq < ?", "AND attempt = ? AND ? >= 0"),
        tests=f"{DB}test_folds.py -k sqlite",
    ),
    mutant(
        "T6: counters never fall",
        "avio/db/counters.py",
        ("may_fall={Falls.AT_ANY_TIME})", "may_fall=set(Falls))"),
        tests=f"{DB}test_folds.py -k sqlite",
    ),
    mutant(
        "T6: only while a node has the job",
        FOLDING,
        (f"AND seq < ? {OWNED}", "AND seq < ?"),
        tests=f"{DB}test_folds.py -k sqlite",
    ),
    mutant(
        "T6: progress forgives crashes",
        FOLDING,
        ("crashes = CASE WHEN ? > files_done THEN 0 ELSE crashes END", "crashes = crashes + 0 * ?"),
        tests=f"{DB}test_folds.py -k sqlite",
    ),
    mutant(
        "no estimate outlives its attempt",
        "avio/db/sql.py",
        (", eta_p50 = NULL, eta_p90 = NULL", ""),
        tests=f"{DB}test_folds.py -k sqlite",
    ),
    mutant(
        "nothing is in flight, and nothing waited for, after an attempt",
        "avio/db/sql.py",
        (", bytes_in_flight = NULL, waits = NULL", ""),
        tests=f"{DB}test_folds.py -k sqlite",
    ),
    mutant(
        "T7: an end of the current attempt only",
        ENDS,
        (
            f'WHERE id = ? AND attempt = ? {OWNED}",\n            state,\n            result.reason',
            f'WHERE id = ? AND ? > 0 {OWNED}",\n            state,\n            result.reason',
        ),
        tests=f"{DB}test_ends.py -k sqlite",
    ),
    mutant(
        "T7: an end once, while a node has the job",
        ENDS,
        (
            f'WHERE id = ? AND attempt = ? {OWNED}",\n            state,\n            result.reason',
            'WHERE id = ? AND attempt = ?",\n            state,\n            result.reason',
        ),
        tests=f"{DB}test_ends.py -k sqlite",
    ),
    mutant(
        "T8: the current attempt is given back, once",
        ENDS,
        (
            f'WHERE id = ? AND attempt = ? {OWNED} {{alone}}"',
            'WHERE id = ? AND ? > 0 {alone}"',
        ),
        (
            f'WHERE id = ? AND attempt = ? {OWNED}",\n            state,\n            reason',
            'WHERE id = ? AND ? > 0",\n            state,\n            reason',
        ),
        tests=f"{DB}test_ends.py {DB}test_moves.py -k sqlite",
    ),
    mutant(
        "T8: poison fails after three crashes",
        ENDS,
        ("if crashes >= MAX_CRASHES:", "if False:"),
        tests=f"{DB}test_ends.py -k sqlite",
    ),
    mutant(
        "T8: ten lost nodes are enough",
        ENDS,
        ("if losses >= MAX_LOSSES:", "if False:"),
        tests=f"{DB}test_ends.py -k sqlite",
    ),
    mutant(
        "T8: the wish to cancel wins",
        ENDS,
        ("    if cancelled:\n", "    if False:\n"),
        tests=f"{DB}test_ends.py -k sqlite",
    ),
    mutant(
        "T9: what has ended can not be cancelled",
        "avio/db/orders.py",
        (" AND state IN {unfinished}", ""),
        tests=f"{DB}test_orders.py -k sqlite",
    ),
    mutant(
        "T12: what has ended is not changed",
        "avio/db/limits.py",
        (" AND state IN {unfinished}", ""),
        tests=f"{DB}test_limits.py -k sqlite",
    ),
    mutant(
        "free: a job that never began covers nothing",
        "avio/db/uses.py",
        ("j.type IN (1, 2) AND j.started_at IS NOT NULL", "j.type IN (1, 2)"),
        tests=f"{DB}test_free_rules.py -k sqlite",
    ),
    mutant(
        "free: a job with several paths that never began covers nothing",
        "avio/db/uses.py",
        ("j.started_at IS NOT NULL AND j.path IS NULL", "j.path IS NULL"),
        tests=f"{DB}test_free_rules.py -k sqlite",
    ),
    mutant(
        "free: a user does not free what others use",
        "avio/rules/ownership.py",
        ("            _refuse_used(caller, path)\n", ""),
        tests=f"{DB}test_free_rules.py -k sqlite",
    ),
    mutant(
        "the reaper waits for the grace",
        "avio/db/dead_nodes.py",
        ("n.lease_until > {now} - ?", "n.lease_until > {now} + 0 * ?"),
        tests=f"{DB}test_leases.py -k sqlite",
    ),
    mutant(
        "trigger: terminal states are final (SQLite)",
        "schema.sql",
        ("WHEN OLD.state IN ('succeeded'", "WHEN 0 AND OLD.state IN ('succeeded'"),
        tests=f"{DB}test_last_guards.py -k sqlite",
    ),
    mutant(
        "trigger: terminal states are final (PostgreSQL)",
        "schema.sql",
        ("IF OLD.state IN ('succeeded'", "IF false AND OLD.state IN ('succeeded'"),
        tests=f"{DB}test_last_guards.py -k postgresql",
    ),
    mutant(
        "trigger: attempts never fall",
        "schema.sql",
        ("WHEN NEW.attempt < OLD.attempt\n", "WHEN 0\n"),
        tests=f"{DB}test_last_guards.py -k sqlite",
    ),
)
