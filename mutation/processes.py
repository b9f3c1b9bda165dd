"""The guards in processes: the fence, the spool, the tree that is killed, what goes to disk, what is called done."""

from mutation.mutant import mutant

PROCESS, UNIT = "tests/process/", "tests/unit/"

COPY = """
def _copy(source: int, target: int) -> None:
    for at in range(0, os.fstat(source).st_size, 64):
        os.write(target, os.pread(source, 64, at))


"""

MUTANTS = (
    mutant(
        "the job process ends itself when its deadline is over",
        "supervisor/child.py",
        ("    os._exit(exits.FENCED)", "    return"),
        tests=f"{PROCESS}test_job_deaths.py -k frozen_beyond_the_fence",
    ),
    mutant(
        "nothing is published after the deadline",
        "avio/executor/attempt.py",
        (" or boottime() > self.deadline", ""),
        tests=f"{UNIT}executor/test_attempt.py",
    ),
    mutant(
        "a deadline counts from before the renewal was sent",
        "supervisor/leasing.py",
        ("self._voice.say(Renew(sent + self", "self._voice.say(Renew(boottime() + 1 + self"),
        tests=f"{UNIT}supervisor/test_leasing.py",
    ),
    mutant(
        "a node that was given up kills what it runs",
        "supervisor/leasing.py",
        ("                    self._voice.say(Evict())\n", ""),
        tests=f"{UNIT}supervisor/test_leasing.py",
    ),
    mutant(
        "a process that the database does not know is stopped",
        "supervisor/leasing.py",
        ("or there[job].attempt != attempt", "and False"),
        tests=f"{UNIT}supervisor/test_leasing.py",
    ),
    mutant(
        "an attempt that the node has not is given back",
        "supervisor/leasing.py",
        ("if job not in after:", "if False:"),
        tests=f"{UNIT}supervisor/test_leasing.py",
    ),
    mutant(
        "the fence comes before lease and grace",
        "avio/config/__init__.py",
        ("if self.fence + 1 >= self.lease + self.grace:", "if False:"),
        tests=f"{UNIT}config/test_settings.py",
    ),
    mutant(
        "a job process dies with keeper",
        "avio/isolation/session.py",
        ("    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)\n", ""),
        tests=f"{PROCESS}test_node_deaths.py -k die_with_keeper",
    ),
    mutant(
        "keeper repeats an end until it is written down",
        "supervisor/keeper.py",
        ("        self._ended[ended.job, ended.attempt] = ended\n", ""),
        tests=f"{PROCESS}test_intake_deaths.py -k told_again_by_keeper",
    ),
    mutant(
        "a result in the spool outlives the supervisor",
        "supervisor/ending.py",
        (
            "            if result is not None and result.state != STOPPED:\n                self._shipping",
            "            if False:\n                self._shipping",
        ),
        tests=f"{PROCESS}test_node_deaths.py -k outlives",
    ),
    mutant(
        "what older epochs had is given back at the start",
        "supervisor/intake.py",
        ("in leases.held_by_older(settings.node, epoch):", "in []:"),
        tests=f"{PROCESS}test_intake_deaths.py -k whole_supervisor",
    ),
    mutant(
        "the whole tree of a job is killed",
        "supervisor/tree.py",
        ("    below = descendants(pid)\n", "    below: list[int] = []\n"),
        tests=f"{UNIT}supervisor/test_tree.py",
    ),
    mutant(
        "orphans of a job are killed",
        "supervisor/tree.py",
        (
            "        for child in [pid, *descendants(pid)]:\n            _kill_one(child)\n    return bool",
            "        pass\n    return bool",
        ),
        tests=f"{UNIT}supervisor/test_tree.py",
    ),
    mutant(
        "a job process that was asked to leave is made to",
        "supervisor/process.py",
        ("if self.kill_at is None:", "if False:"),
        tests=f"{PROCESS}test_jobs_run.py -k when_it_is_cancelled",
    ),
    mutant(
        "a wish reaches a job that is about to start",
        "supervisor/leasing.py",
        ("                if held.cancelled:\n", "                if False:\n"),
        tests=f"{PROCESS}test_cancels.py -k while_it_starts",
    ),
    mutant(
        "a job that gets no further is ended",
        "supervisor/keeper.py",
        ("if process.stalls(boottime(), self._stall_after):", "if False:"),
        tests=f"{PROCESS}test_stalls.py -k never_answers",
    ),
    mutant(
        "bytes are on disk before the name is final",
        "avio/engines/local/scratch.py",
        ("        os.fsync(self.fd)\n", ""),
        tests=f"{PROCESS}test_torn.py -k on_disk_before",
    ),
    mutant(
        "a file gets its final name by a rename",
        "avio/engines/local/scratch.py",
        (
            "os.rename(self._name, last, src_dir_fd=self._directory.fd, dst_dir_fd=parent.fd)",
            "_copy(self.fd, os.open(last, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=parent.fd))",
        ),
        (
            "def _lstat(",
            f"{COPY}def _lstat(",
        ),
        tests=f"{PROCESS}test_torn.py -k never_torn",
    ),
    mutant(
        "only what the engine finds at the end counts",
        "avio/executor/moving.py",
        (
            "                if self._verb.in_place(entry):\n                    files",
            "                if True:\n                    files",
        ),
        tests=f"{PROCESS}test_jobs_run.py -k vanish",
    ),
)
