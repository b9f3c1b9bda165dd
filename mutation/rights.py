"""The guards of rights: what a job process may not do, what it may not know, whose directories and files are used."""

from mutation.mutant import mutant

ISOLATION, ENGINES = "tests/process/test_isolation.py", "tests/contract/engines/"
DENIES = f"{ISOLATION} -k what_a_rung_denies_fails"

MUTANTS = (
    mutant(
        "rights: a job of root keeps two capabilities",
        "avio/isolation/capabilities.py",
        ("sum(1 << each for each in KEPT) & (lower | upper << 32)", "lower | upper << 32"),
        tests=f"{ISOLATION} -k none_of_roots_rights_but",
    ),
    mutant(
        "rights: no program of a job gains a capability",
        "avio/isolation/capabilities.py",
        ("                prctl(_PR_CAPBSET_DROP, each)\n", "                pass\n"),
        tests=f"{ISOLATION} -k none_of_roots_rights_but",
    ),
    mutant(
        "rights: a job creates no file with a set-ID bit",
        "avio/isolation/denied_calls.py",
        ("Check(2, _CREATES), Check(3, _SET_ID)", "Check(2, _CREATES), Check(3, 0)"),
        tests=DENIES,
    ),
    mutant(
        "rights: a job changes the rights of no open file",
        "avio/isolation/denied_calls.py",
        ('    "fchmod": (91, 52),\n', ""),
        tests=DENIES,
    ),
    mutant(
        "rights: a job sets no access list",
        "avio/isolation/denied_calls.py",
        ("Check(3, 7, 4)", "Check(3, 7, 9)"),
        tests=DENIES,
    ),
    mutant(
        "rights: keeper has no URL of the settings",
        "supervisor/keeper/clean_start.py",
        (" if name not in URLS}", "}"),
        tests="tests/process/test_secrets.py -k no_job_has",
    ),
    mutant(
        "rights: keeper has no URL of the environment",
        "supervisor/keeper/clean_start.py",
        ("    clean = harmless(os.environ)\n", "    clean = dict(os.environ)\n"),
        tests="tests/process/test_secrets.py -k no_job_has",
    ),
    mutant(
        "rights: a file is a plain one after it was opened",
        "avio/plain_file.py",
        ("    if stat.S_ISREG(os.fstat(fd).st_mode):\n", "    if True:\n"),
        tests=f"{ENGINES}test_special_files.py -k only_plain_files",
    ),
    mutant(
        "rights: nothing waits for a FIFO",
        "avio/plain_file.py",
        ("flags | os.O_NOFOLLOW | os.O_NONBLOCK |", "flags | os.O_NOFOLLOW |"),
        tests=f"{ENGINES}test_special_files.py -k notes_of_uploads",
    ),
    mutant(
        "rights: no hard link of a job is read",
        "avio/plain_file.py",
        ("    if os.fstat(fd).st_nlink <= 1:\n", "    if True:\n"),
        tests="tests/unit/supervisor/intake/test_artifacts.py -k only_plain_files",
    ),
    mutant(
        "rights: a tier of another user is refused",
        "avio/engines/local/tier_safety.py",
        ("    if status.st_uid not in (0, os.geteuid(), *owners):\n", "    if False:\n"),
        tests=f"{ENGINES}test_rights.py -k tier_of_another_user",
    ),
    mutant(
        "rights: a tier that others may write to is refused",
        "avio/engines/local/tier_safety.py",
        ("    if mode & _WRITE_OF_OTHERS:\n", "    if False:\n"),
        tests=f"{ENGINES}test_rights.py -k others_may_write",
    ),
    mutant(
        "rights: a tier is no symlink",
        "avio/engines/local/tier_safety.py",
        ("flags | os.O_NOFOLLOW)", "flags)"),
        tests=f"{ENGINES}test_rights.py -k in_the_place_of_a_tier",
    ),
    mutant(
        "rights: a copy widens no rights",
        "avio/engines/local/buckets/files.py",
        ("return DEFAULT_COPY_MODE & self._rights.of(source.key)", "return DEFAULT_COPY_MODE"),
        tests=f"{ENGINES}test_rights.py -k no_more_rights_than_the_file",
    ),
    mutant(
        "rights: a file that is closed under a job is not copied open",
        "avio/engines/local/buckets/files.py",
        ("if self.asked_mode is None and widens(fd, target):", "if False:"),
        tests=f"{ENGINES}test_rights.py -k between_two_looks",
    ),
    mutant(
        "rights: the database is closed to others",
        "avio/db/connection.py",
        ("os.O_EXCL | os.O_CLOEXEC, 0o600)", "os.O_EXCL | os.O_CLOEXEC, 0o644)"),
        tests="tests/unit/admin/test_rights.py -k all_that_up_makes",
    ),
    mutant(
        "rights: the first settings are closed to others",
        "avio/admin/home.py",
        ('open(self.config, "x", encoding="utf-8", opener=closed)', 'open(self.config, "x", encoding="utf-8")'),
        tests="tests/unit/admin/test_rights.py -k all_that_up_makes",
    ),
)
