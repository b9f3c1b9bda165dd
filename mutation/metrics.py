"""The guards of metrics: each job counts once, no total falls, a scrape is bounded, labels have few values."""

from mutation.mutant import mutant

COUNTING = "tests/contract/db/test_counting.py"
COLLECTOR = "tests/unit/api/test_figures_collector.py"
HTTP = "tests/integration/api/test_http_metrics.py"

MUTANTS = (
    mutant(
        "metrics: an ended job counts once",
        "avio/db/counting.py",
        ('        change("DELETE FROM uncounted WHERE job_id = ?", job)\n', ""),
        tests=f"{COUNTING} -k sqlite",
    ),
    mutant(
        "metrics: each end of a job counts",
        "schema.sql",
        ("VALUES (NEW.id) ON CONFLICT (job_id) DO NOTHING;\nEND;", "SELECT NEW.id WHERE false;\nEND;"),
        tests=f"{COUNTING} -k sqlite",
    ),
    mutant(
        "metrics: what counted while a job ran does not count again",
        "avio/aggregator/tally.py",
        ("max(0, amount - counted.get(name, 0))", "amount"),
        tests=f"{COUNTING} -k sqlite",
    ),
    mutant(
        "metrics: what a job brought counts at its highest",
        "avio/aggregator/tally.py",
        ("counted[name] = max(amount, counted.get(name, 0))", "counted[name] = 0"),
        tests=f"{COUNTING} -k sqlite",
    ),
    mutant(
        "metrics: no total falls",
        "avio/db/totals.py",
        ("            if amount > 0\n", ""),
        tests=f"{COUNTING} -k sqlite",
    ),
    mutant(
        "metrics: a count is one transaction",
        "avio/aggregator/counting.py",
        ("        with borrow(), transaction():\n", "        with borrow():\n"),
        tests=f"{COUNTING} -k sqlite",
    ),
    mutant(
        "metrics: one aggregator counts at a time",
        "avio/aggregator/counting.py",
        ("            if not counting.alone():\n                return\n", ""),
        tests=f"{COUNTING} -k postgresql",
    ),
    mutant(
        "metrics: a count has a bound",
        "avio/aggregator/counting.py",
        ("counting.ended(BATCH)", "counting.ended(10**6)"),
        tests=f"{COUNTING} -k sqlite",
    ),
    mutant(
        "metrics: off is off",
        "avio/api/metrics.py",
        ('    if settings.metrics == "off":\n', "    if False:\n"),
        tests=f"{HTTP} -k off",
    ),
    mutant(
        "metrics: a token is asked for",
        "avio/api/metrics.py",
        ("        if not hmac.compare_digest(", "        if False and hmac.compare_digest("),
        tests=f"{HTTP} -k token",
    ),
    mutant(
        "metrics: a token without metrics = token protects nothing, and is refused",
        "avio/config/contradictions.py",
        ('if are_valid("metrics", "metrics_token") and', "if False and"),
        tests="tests/unit/config/test_metrics_settings.py",
    ),
    mutant(
        "metrics: keeper and job processes have no token",
        "supervisor/keeper/clean_start.py",
        (', "metrics_token")', ")"),
        tests="tests/process/test_secrets.py",
    ),
    mutant(
        "metrics: few scrapes at once",
        "avio/api/metrics.py",
        ("    if not places.take(None):\n", "    if False:\n"),
        tests=f"{HTTP} -k few",
    ),
    mutant(
        "metrics: scrapes ask the database now and then",
        "avio/api/figures_collector.py",
        ("time.monotonic() - self._asked_at > FRESH_SECONDS", "True"),
        tests=f"{COLLECTOR} -k once",
    ),
    mutant(
        "metrics: a database that hangs holds up few scrapes",
        "avio/api/figures_collector.py",
        ("asked.result(max(0.0, left))", "asked.result(LIMIT_SECONDS)"),
        tests=f"{COLLECTOR} -k hangs",
    ),
    mutant(
        "metrics: the first time is an increase",
        "avio/api/figures_collector.py",
        ("zero + parts[metric.name]", "parts[metric.name]"),
        tests=f"{COLLECTOR} -k never_happened",
    ),
    mutant(
        "metrics: no path is a label",
        "avio/api/http_metrics.py",
        ("        return NO_ROUTE\n", "        return request.path\n"),
        tests=f"{HTTP} -k templates",
    ),
    mutant(
        "metrics: no word of a client is a label",
        "avio/api/http_metrics.py",
        ("request.method if request.method in METHODS else OTHER", "request.method"),
        tests=f"{HTTP} -k templates",
    ),
    mutant(
        "metrics: workers of one web show the sums of all",
        "avio/api/gunicorn_config.py",
        ("        services.observed.share(_files.descriptors, worker.metrics_file)\n", "        pass\n"),
        tests=f"{HTTP} -k dead_one",
    ),
    mutant(
        "metrics: the files of dead workers are used again",
        "avio/api/metrics_files.py",
        ("            self._free.insert(0, place)\n", "            pass\n"),
        tests="tests/unit/api/test_metrics_files.py",
    ),
    mutant(
        "metrics: a slow client keeps nobody from the exporter",
        "avio/metrics/exporter.py",
        ("        self._timer.start()\n", ""),
        tests="tests/unit/metrics/test_exporter.py -k sends_nothing",
    ),
    mutant(
        "metrics: a port that is taken is tried again",
        "avio/metrics/exporter.py",
        ("            time.sleep(AGAIN_SECONDS)\n", "            return\n"),
        tests="tests/unit/metrics/test_exporter.py -k taken",
    ),
    mutant(
        "traces: an invalid traceparent counts as none",
        "avio/wire/traces.py",
        (' or not int(found["trace"], 16)', ""),
        tests="tests/unit/wire/test_traces.py",
    ),
    mutant(
        "traces: the next request has none of the one before",
        "avio/api/gunicorn_log.py",
        ("            traces.current.set(None)\n", "            pass\n"),
        tests="tests/unit/api/test_gunicorn_log.py -k trace",
    ),
)
