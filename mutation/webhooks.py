"""The guards of webhooks, of reports in buckets, and of retries of failed files."""

from mutation.mutant import mutant

DB, POST = "tests/contract/db/", "tests/unit/aggregator/test_webhook_post.py"
DELIVERIES, NETWORKS = "avio/db/deliveries.py", "avio/config/networks.py"

MUTANTS = (
    mutant(
        "webhooks: only the ends that were asked for are told",
        "schema.sql",
        (" AND instr(w.states, NEW.state) > 0", ""),
        tests=f"{DB}test_deliveries.py -k sqlite",
    ),
    mutant(
        "webhooks: only an end adds a delivery",
        "schema.sql",
        (
            "WHEN OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL\nBEGIN\n    INSERT INTO deliveries",
            "BEGIN\n    INSERT INTO deliveries",
        ),
        tests=f"{DB}test_deliveries.py -k sqlite",
    ),
    mutant(
        "webhooks: a delivery is tried by one at a time",
        DELIVERIES,
        ('f" AND (d.held_until IS NULL OR d.held_until <= ?)', 'f" AND (? > 0)'),
        tests=f"{DB}test_deliveries.py -k sqlite",
    ),
    mutant(
        "webhooks: a user has no more than some under way",
        DELIVERIES,
        ("OF_ONE_USER = 2", "OF_ONE_USER = 2000"),
        tests=f"{DB}test_notifier.py -k sqlite",
    ),
    mutant(
        "webhooks: a try that was overtaken writes nothing",
        DELIVERIES,
        ("WHERE job_id = ? AND tries = ? AND next_at", "WHERE job_id = ? AND tries >= ? AND next_at"),
        tests=f"{DB}test_deliveries.py -k sqlite",
    ),
    mutant(
        "webhooks: all that an address means must be public",
        NETWORKS,
        ("return all(map(_is_public, means))", "return any(map(_is_public, means))"),
        tests="tests/unit/config/test_networks.py",
    ),
    mutant(
        "webhooks: what a gateway translates is looked at",
        NETWORKS,
        ("    elif given in _NAT64:\n", "    elif False:\n"),
        tests="tests/unit/config/test_networks.py",
    ),
    mutant(
        "webhooks: only allowed addresses of a host are connected to",
        "avio/aggregator/webhook_post.py",
        (" if is_allowed(str(ip_address(place[0])), networks)]", "]"),
        tests=POST,
    ),
    mutant(
        "webhooks: the checked address is the one that is connected to",
        "avio/aggregator/webhook_post.py",
        ("opened.connect(place)", "opened.connect((host, port))"),
        tests=POST,
    ),
    mutant(
        "webhooks: a try has a limit as a whole",
        "avio/aggregator/webhook_post.py",
        ("    timer.start()\n", ""),
        tests=POST,
    ),
    mutant(
        "webhooks: a secret is shown once",
        "avio/api/webhooks.py",
        ("webhook_info(rules.get(caller()), None,", "webhook_info(rules.get(caller()), rules.get(caller()).secret,"),
        tests="tests/integration/api/test_http_webhooks.py",
    ),
    mutant(
        "webhooks: a node does not know their URLs",
        "supervisor/intake/claim.py",
        ("params=replace(params, notify=None),", "params=params,"),
        tests="tests/unit/supervisor/intake/test_claim.py",
    ),
    mutant(
        "reports: an object that is there stays",
        "avio/engines/local/bucket_objects.py",
        ("run, overwrite=False)", "run, overwrite=True)"),
        tests="tests/contract/engines/test_new_objects.py -k files",
    ),
    mutant(
        "reports: a store may take its time, and the attempt is no stall",
        "avio/executor/run.py",
        ("        reporter.close_report()\n", "        reporter.close()\n"),
        tests="tests/unit/executor/test_report_object.py",
    ),
    mutant(
        "webhooks: a defect is a try that failed",
        "avio/aggregator/notifier.py",
        ("tried, may_help = self._tried(claimed)", "tried, may_help = self._try(claimed)"),
        tests=f"{DB}test_notifier.py -k sqlite",
    ),
    mutant(
        "reports: an incomplete one is not stored",
        "avio/executor/run.py",
        ("        if is_whole:\n", "        if True:\n"),
        tests="tests/unit/executor/test_report_object.py",
    ),
    mutant(
        "reports: a job that ends without its process says that there is none",
        "avio/db/ends.py",
        ("            text = without_report(text, params)\n", "            pass\n"),
        tests=f"{DB}test_ends.py -k sqlite",
    ),
    mutant(
        "retry of failed files: the report is that of an attempt that ended by itself",
        "avio/rules/failed_files.py",
        ("if last is None or last.outcome not in TERMINAL:", "if last is None:"),
        tests=f"{DB}test_retry_failed.py -k sqlite",
    ),
    mutant(
        "retry of failed files: versions of a plan are kept",
        "avio/rules/failed_files.py",
        ("    if params.versions:\n", "    if False:\n"),
        tests=f"{DB}test_retry_failed.py -k sqlite",
    ),
    mutant(
        "retry of failed files: a report names as many as the job has counted",
        "avio/rules/failed_files.py",
        ("if 0 < named < counted:", "if False:"),
        tests=f"{DB}test_retry_failed.py -k sqlite",
    ),
    mutant(
        "retry of failed files: a report that is cut within them is refused",
        "avio/rules/failed_files.py",
        ('if line.get("failed"):', "if False:"),
        tests=f"{DB}test_retry_failed.py -k sqlite",
    ),
)
