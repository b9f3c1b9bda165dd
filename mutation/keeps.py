"""The guards of keeps: what is kept is neither freed nor evicted, and a keep is no more than it says."""

from mutation.mutant import mutant

DB = "tests/contract/db/test_keeps.py -k sqlite"
KEEPS, KEPT, RULES = "avio/db/keeps.py", "avio/engines/kept_paths.py", "avio/rules/keeps.py"

MUTANTS = (
    mutant(
        "a free asks whether somebody keeps the path",
        "avio/rules/ownership.py",
        ("        keeps.require_not_kept(caller, path)\n", ""),
        tests=DB,
    ),
    mutant(
        "no free job is made at a kept path",
        "avio/db/orders.py",
        ("if (held := keeps.touching(path)) is not None:", "if (held := None) is not None:"),
        tests=DB,
    ),
    mutant(
        "no keep is made while a job frees the path",
        KEEPS,
        ("if (freed := _free_job_touching(path)) is not None:", "if (freed := None) is not None:"),
        tests=DB,
    ),
    mutant(
        "of a keep and a free job at once one sees the other",
        "avio/db/sql.py",
        ('"keeps_alone": "pg_advisory_xact_lock(7025130419)"', '"keeps_alone": "1"'),
        tests="tests/contract/db/test_keeps.py -k postgresql",
    ),
    mutant(
        "a free that web does looks again between two drops",
        "avio/rules/free.py",
        ("        if time.monotonic() - looked < FRESH_SECONDS:\n            return\n", "        return\n"),
        tests=DB,
    ),
    mutant(
        "a keep whose time is over holds nothing",
        KEEPS,
        ("(k.until_at IS NULL OR k.until_at > {now})", "(k.until_at IS NULL OR k.until_at > 0)"),
        tests=DB,
    ),
    mutant(
        "a keep that was ended holds nothing",
        KEEPS,
        ('OPEN = "k.ended_at IS NULL AND ', 'OPEN = "'),
        tests=DB,
    ),
    mutant(
        "only its user or an admin ends a keep",
        RULES,
        ("keeps.find(keep, None if caller.may(Right.OTHERS_JOBS) else caller.uid)", "keeps.find(keep, None)"),
        tests=DB,
    ),
    mutant(
        "a user keeps no more paths than allowed",
        KEEPS,
        ("if count is None or count[0] >= most:", "if count is None:"),
        tests=DB,
    ),
    mutant(
        "a user keeps no longer than allowed",
        RULES,
        ("longest = 0 if caller.admin else self.settings.keep_longest", "longest = 0"),
        tests=DB,
    ),
    mutant(
        "retention: an open keep stays",
        KEEPS,
        ("WHERE coalesce(k.ended_at, k.until_at) < {now} - ?", "WHERE coalesce(k.ended_at, 0) < {now} - ?"),
        tests=DB,
    ),
    mutant(
        "eviction: a file that is too old tells nothing",
        KEPT,
        ("return at - self._read < FRESH_SECONDS", "return True"),
        tests="tests/unit/engines/test_kept_paths.py",
    ),
    mutant(
        "eviction: what is below a kept path is kept",
        KEPT,
        ("for each in ancestors(path):", "for each in (path,):"),
        tests="tests/unit/engines/test_kept_paths.py",
    ),
    mutant(
        "eviction: the file says when the database was asked, not when it was written",
        "supervisor/intake/keeps.py",
        ("OpenKeeps(read, rows)", "OpenKeeps(boottime(), rows)"),
        tests="tests/unit/supervisor/intake/test_keeps.py",
    ),
    mutant(
        "eviction: a job knows what users keep",
        "avio/executor/run.py",
        ("        engine.kept = KeptPaths(Path(order.keeps))\n", "        pass\n"),
        tests="tests/unit/executor/test_kept_files.py",
    ),
    mutant(
        "a keep that is made while files are listed lets none be dropped",
        "avio/engines/tree_free.py",
        ("    dropped()  # the walk", "    # the walk"),
        tests="tests/contract/db/test_keeps.py -k listed",
    ),
)
