"""The guards of `GET /top`: what is not known is told as unknown, and one node surveys a tier."""

from mutation.mutant import mutant

MAP, SURVEY = "avio/rules/cache_map.py", "avio/engines/local/survey.py"
DB = "tests/contract/db/test_top.py -k sqlite"

MUTANTS = (
    mutant(
        "copies that jobs of several users may have brought are nobody's",
        MAP,
        ("if len({each.uid for each in running}) != 1:", "if not running:"),
        tests="tests/unit/rules/test_cache_map.py",
    ),
    mutant(
        "copies that came before all jobs are known are nobody's",
        MAP,
        ("if not second or second <= self._known_from:", "if not second:"),
        tests="tests/unit/rules/test_cache_map.py",
    ),
    mutant(
        "a map has a bounded number of rows",
        MAP,
        ("        if len(self.rows) > 2 * MAX_ROWS:\n            self.shrink()\n", ""),
        ("    found.shrink()\n", ""),
        tests="tests/unit/rules/test_cache_map.py",
    ),
    mutant(
        "without times of access nobody knows of no read",
        SURVEY,
        ("is_read if is_read or keeps_access else None", "is_read"),
        tests="tests/unit/engines/local/test_survey.py",
    ),
    mutant(
        "a mount with noatime keeps no times of access",
        SURVEY,
        ("if os.fstatvfs(tier.root.fd).f_flag & os.ST_NOATIME:", "if False:"),
        tests="tests/unit/engines/local/test_survey.py",
    ),
    mutant(
        "what a program wrote is no preload's",
        SURVEY,
        ("if status.st_mtime_ns >= inode.born_ns:", "if False:"),
        tests="tests/unit/engines/local/test_survey.py",
    ),
    mutant(
        "one node surveys a tier",
        "avio/db/cache_maps.py",
        ("WHERE tier = ? AND due_at <= {now}", "WHERE tier = ? AND 0 <= {now}"),
        tests=DB,
    ),
    mutant(
        "a node that was taken for dead changes no map",
        "avio/db/cache_maps.py",
        ("due_at = {now} + ? WHERE tier = ? AND node = ?", "due_at = {now} + ? WHERE tier = ? AND ? <> ''"),
        tests=DB,
    ),
    mutant(
        "a map that does not tell the path apart is no whole",
        "avio/rules/top.py",
        ("is_whole = is_whole and not (_is_cut(directory, found.depth) and is_under(path, directory))", "pass"),
        tests=DB,
    ),
)
