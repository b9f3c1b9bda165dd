"""The guards by which a file is moved once: claims, who looks again, and who waits no longer."""

from mutation.mutant import mutant

CONTRACT, UNIT = "tests/contract/engines/test_one_transfer.py", "tests/unit/engines/local/test_claims.py"
OTHERS = "tests/unit/executor/test_other_files.py"
CLAIMED, CLAIMS = "avio/engines/local/transfer/claimed_files.py", "avio/engines/local/claims.py"

MUTANTS = (
    mutant(
        "a file that another job moves is not moved",
        CLAIMED,
        ("if entry is None or self._claims.take(entry.path):\n", "if True:\n"),
        tests=f"{CONTRACT} -k ten_jobs",
    ),
    mutant(
        "who has a claim looks whether the file has come since",
        "avio/engines/local/transfer/download.py",
        (
            "copies = self._tiers.copies(path)  # another",
            "copies = self._tiers.copies(path) if len(self._scratch) > 5 else []  # another",
        ),
        tests=f"{CONTRACT} -k free_for_others",
    ),
    mutant(
        "a file with an outcome is free for others",
        CLAIMED,
        ("            self._claims.release(each.entry.path)\n", "            pass\n"),
        tests=f"{CONTRACT} -k free_for_others",
    ),
    mutant(
        "files of another job are looked at until they are in place",
        CLAIMED,
        ("while self._waiting and not self._run.stopping():", "while False:"),
        tests=f"{CONTRACT} -k own_files_first",
    ),
    mutant(
        "an owner without progress keeps nobody waiting",
        CLAIMED,
        ("(entry.path in stuck or self._claims.take(entry.path))", "self._claims.take(entry.path)"),
        tests=f"{CONTRACT} -k without_progress",
    ),
    mutant(
        "an owner that goes on is waited for",
        "avio/engines/local/owner_watch.py",
        ("        if sign != before:\n", "        if before is None:\n"),
        tests=f"{UNIT} -k stuck",
    ),
    mutant(
        "a wait for another job is no stall",
        CLAIMED,
        ("        self._run.checked(0)  #", "        #"),
        tests=f"{CONTRACT} -k no_stall",
    ),
    mutant(
        "one look frees some files, and leaves others their part",
        CLAIMED,
        ("if len(free) < MOST_AT_ONCE and (", "if ("),
        tests=f"{CONTRACT} -k some_files_at_a_time",
    ),
    mutant(
        "a large object that waits for all movers is not claimed",
        "avio/engines/local/transfer/shared_preload.py",
        (
            "self._claimed.of(entry for entry in entries if entry is None or not self._holds(entry))",
            "(entry for entry in self._claimed.of(entries) if entry is None or not self._holds(entry))",
        ),
        tests=f"{CONTRACT} -k waits_for_all_movers",
    ),
    mutant(
        "claims that can't be had are no reason to fail",
        CLAIMS,
        (
            "            except OSError as error:\n                self._do_without(error)\n            return True\n",
            "            return True\n",
        ),
        tests=f"{UNIT} -k fail_later",
    ),
    mutant(
        "a tier that was emptied has new claims",
        CLAIMS,
        (" or not os.path.samestat(there, os.fstat(self._fds[0]))", ""),
        tests=f"{UNIT} -k emptied",
    ),
    mutant(
        "a look sees directories that another job has made",
        "avio/engines/local/root.py",
        ("if held.directory is None or not held.is_fresh(above, round_no):", "if not held.is_fresh(above, round_no):"),
        tests=f"{UNIT} -k made_since",
    ),
    mutant(
        "own work before a store was away is not another job's",
        "avio/executor/transfer.py",
        ("[replace(entry, state=EntryState.UNKNOWN) for entry in feed.leave()]", "feed.leave()"),
        tests="tests/unit/executor/test_transfer.py -k not_shared",
    ),
    mutant(
        "files of an earlier preload are put aside",
        "avio/executor/aside.py",
        ("or self._attempt.taken.others.job_of(entry) is None:", "or True:"),
        tests=f"{OTHERS} -k own_files_come_first",
    ),
    mutant(
        "what is in place waits for no other preload",
        "avio/executor/aside.py",
        ("others.job_of(first) == job:", "others.job_of(first) is not None:"),
        tests=f"{OTHERS} -k takes_over",
    ),
    mutant(
        "the rules of an earlier preload say which files it loads",
        "avio/executor/other_files.py",
        ("            and self.filter.takes(entry, root)\n", ""),
        tests=f"{OTHERS} -k which_files",
    ),
    mutant(
        "of two preloads one is earlier",
        "avio/db/earlier.py",
        ("if each.is_before(own) and", "if each is not own and"),
        tests="tests/contract/db/test_earlier.py -k claimed_before",
    ),
    mutant(
        "a preload that begins again is a later one",
        "avio/db/earlier.py",
        ("SELECT j.id, j.attempt, j.path, a.started_at FROM", "SELECT j.id, j.attempt, j.path, j.started_at FROM"),
        tests="tests/contract/db/test_earlier.py -k begins_again",
    ),
    mutant(
        "a process that missed the end of an earlier job is told again",
        "supervisor/keeper/job_process.py",
        ("for changed in (self.limits, self.earlier):", "for changed in (self.limits,):"),
        tests="tests/unit/supervisor/keeper/test_job_process.py -k earlier_jobs",
    ),
    mutant(
        "the end of an earlier preload is passed on",
        "supervisor/intake/wishes.py",
        ("if self._told_before.get(attempt) != jobs:", "if attempt not in self._told_before:"),
        tests="tests/unit/supervisor/intake/test_wishes.py -k still_run",
    ),
    mutant(
        "the params of a newer version fail nobody's job",
        "supervisor/intake/claim.py",
        ("with suppress(KeyError, TypeError, ValueError):", "with suppress(ZeroDivisionError):"),
        tests="tests/unit/supervisor/intake/test_claim.py -k files_are_waited_for",
    ),
    mutant(
        "a file that vanished at the check is awaited or moved, too",
        "avio/executor/transfer.py",
        (
            "self._aside.await_others()) is not None:\n            self._move_all(left, c",
            "None) is not None:\n            self._move_all(left, c",
        ),
        tests=f"{OTHERS} -k vanished",
    ),
    mutant(
        "what another job brings teaches no speed",
        "avio/executor/timekeeper.py",
        ("counters.files_skipped + counters.files_shared", "counters.files_skipped"),
        ("counters.bytes_skipped + counters.bytes_shared", "counters.bytes_skipped"),
        tests="tests/unit/executor/test_timekeeper.py -k brings_meanwhile",
    ),
)
