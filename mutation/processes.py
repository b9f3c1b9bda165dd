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
        "a copy that was changed after its stamp is compared",
        "avio/engines/local/freshness.py",
        ("return Freshness.TOUCHED if strict and touched else clean", "return clean"),
        tests="tests/contract/engines/test_set_back.py -k objects",
    ),
    mutant(
        "the job process ends itself when its deadline is over",
        "supervisor/child/entrypoint.py",
        ("    os._exit(exit_codes.FENCED)", "    return"),
        tests=f"{PROCESS}test_job_deaths.py -k frozen_beyond_the_fence",
    ),
    mutant(
        "nothing is published after the deadline",
        "avio/executor/attempt.py",
        (" or clock_gettime(CLOCK_BOOTTIME) > self.page.deadline", ""),
        tests=f"{UNIT}executor/test_attempt.py",
    ),
    mutant(
        "the bytes of a try that failed are taken back",
        "avio/engines/tally.py",
        (
            "    except BaseException:\n        tally.settle()\n        raise\n",
            "    except ZeroDivisionError:\n        raise\n",
        ),
        tests=f"{UNIT}engines/test_tally.py",
    ),
    mutant(
        "what a dead mover had under way is taken back",
        "avio/engines/movers/pool.py",
        ("        _forget(mover, run)\n        self._remove(mover)\n", "        self._remove(mover)\n"),
        tests=f"{UNIT}engines/movers/test_bytes_under_way.py",
    ),
    mutant(
        "a lease is renewed while older attempts are ended",
        "supervisor/intake/intake.py",
        (
            """        _start_thread("lease", self._lease_holder.run)
        start_exporter(self._settings.host, self._settings.metrics_port, self._metrics)
        if state.epoch is None:
            self._older.end(epoch)
""",
            """        if state.epoch is None:
            self._older.end(epoch)
        _start_thread("lease", self._lease_holder.run)
""",
        ),
        tests=f"{PROCESS}test_node_deaths.py -k longer_than_a_lease",
    ),
    mutant(
        "a deadline counts from before the renewal was sent",
        "supervisor/intake/lease.py",
        ("self._channel.send(Renew(sent + self", "self._channel.send(Renew(boottime() + 1 + self"),
        tests=f"{UNIT}supervisor/intake/test_lease.py",
    ),
    mutant(
        "a node that was given up kills what it runs",
        "supervisor/intake/lease.py",
        ("                    self._channel.send(self._identity.eviction(self._settings.node))\n", ""),
        tests=f"{UNIT}supervisor/intake/test_lease.py",
    ),
    mutant(
        "a process that the database does not know is stopped",
        "supervisor/intake/lease.py",
        ("or there[job].attempt != attempt", "and False"),
        tests=f"{UNIT}supervisor/intake/test_lease.py",
    ),
    mutant(
        "an attempt that the node has not is given back",
        "supervisor/intake/lease.py",
        ("if job not in after:", "if False:"),
        tests=f"{UNIT}supervisor/intake/test_lease.py",
    ),
    mutant(
        "the fence comes before lease and grace",
        "avio/config/contradictions.py",
        ("settings.fence + 1 >= settings.lease + settings.grace", "False"),
        tests=f"{UNIT}config/test_settings.py",
    ),
    mutant(
        "a size in the settings is never cut off",
        "avio/wire/sizes.py",
        ("_TEXT.fullmatch(", "_TEXT.match("),
        tests=f"{UNIT}config/test_settings.py -k no_size",
    ),
    mutant(
        "an admin command that looks makes no database",
        "avio/db/connection.py",
        ("    elif not file.exists():", "    elif False:"),
        tests="tests/integration/admin/test_db.py -k looks_makes",
    ),
    mutant(
        "a job process dies with keeper",
        "avio/isolation/session.py",
        ("    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)\n", ""),
        tests=f"{PROCESS}test_node_deaths.py -k die_with_keeper",
    ),
    mutant(
        "keeper repeats an end until it is written down",
        "supervisor/keeper/keeper.py",
        ("        self._ended[ended.job, ended.attempt] = ended\n", ""),
        tests=f"{PROCESS}test_intake_deaths.py -k told_again_by_keeper",
    ),
    mutant(
        "a result stays on the node until its end is stored",
        "supervisor/intake/end.py",
        ("        if stored:\n", "        if True:\n"),
        tests=f"{UNIT}supervisor/intake/test_end.py",
    ),
    mutant(
        "a result in the spool outlives the supervisor",
        "supervisor/intake/end.py",
        (
            "        return None if result is None or (",
            "        return None\n        return None if result is None or (",
        ),
        tests=f"{PROCESS}test_node_deaths.py -k outlives",
    ),
    mutant(
        "what older epochs had is given back at the start",
        "supervisor/intake/older_attempts.py",
        ("in wait_until_done(lambda: leases.held_by_older(self._node, epoch, self._grace)):", "in []:"),
        tests=f"{PROCESS}test_intake_deaths.py -k whole_supervisor",
    ),
    mutant(
        "one keeper at a time has a spool",
        "supervisor/keeper/spool_lock.py",
        ("            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)\n", ""),
        tests=f"{PROCESS}test_one_name.py -k same_spool",
    ),
    mutant(
        "a supervisor whose name is another's leaves",
        "supervisor/intake/identity.py",
        ("(there.boot_id, there.instance) == (self.boot_id, self.instance)", "True"),
        tests=f"{UNIT}supervisor/intake/test_lease.py -k another_supervisor",
    ),
    mutant(
        "an error of a task does not end intake's thread",
        "supervisor/intake/inbox.py",
        ("    except Exception:\n", "    except queue.Full:\n"),
        tests=f"{UNIT}supervisor/intake/test_inbox.py",
    ),
    mutant(
        "an end that is refused is stored without its failed files",
        "supervisor/intake/end.py",
        ("    for version in versions(result):", "    for version in [result]:"),
        tests=f"{UNIT}supervisor/intake/test_end.py -k refuses",
    ),
    mutant(
        "a result ends its own attempt only",
        "supervisor/intake/end.py",
        ("(result.job, result.attempt) != (job, attempt)", "False"),
        tests=f"{UNIT}supervisor/intake/test_end.py -k another_attempt",
    ),
    mutant(
        "a node claims only what it knows",
        "supervisor/intake/claim.py",
        ("        if unknown is None:\n", "        if True:\n"),
        tests=f"{UNIT}supervisor/intake/test_claim.py -k newer",
    ),
    mutant(
        "a new intake learns which attempts are up",
        "supervisor/intake/intake.py",
        ("        for started in state.started:\n", "        for started in []:\n"),
        tests=f"{PROCESS}test_one_name.py -k start_intake_died_with",
    ),
    mutant(
        "the whole tree of a job is killed",
        "supervisor/keeper/process_tree.py",
        ("    below = descendants(pid)\n", "    below: list[int] = []\n"),
        tests=f"{UNIT}supervisor/keeper/test_process_tree.py",
    ),
    mutant(
        "orphans of a job are killed",
        "supervisor/keeper/process_tree.py",
        (
            "        for child in [pid, *descendants(pid)]:\n            _kill_one(child)\n    return bool",
            "        pass\n    return bool",
        ),
        tests=f"{UNIT}supervisor/keeper/test_process_tree.py",
    ),
    mutant(
        "a job process that was asked to leave is made to",
        "supervisor/keeper/job_process.py",
        ("if self.kill_at is None:", "if False:"),
        tests=f"{PROCESS}test_jobs_run.py -k when_it_is_cancelled",
    ),
    mutant(
        "a wish reaches a job that is about to start",
        "supervisor/intake/wishes.py",
        ("            if each.cancelled:\n", "            if False:\n"),
        tests=f"{PROCESS}test_cancels.py -k while_it_starts",
    ),
    mutant(
        "limits reach the process of a job",
        "supervisor/keeper/job_process.py",
        ("            self.send(self.limits)\n\n    def send_rest", "\n    def send_rest"),
        tests=f"{UNIT}supervisor/keeper/test_job_process.py -k limits",
    ),
    mutant(
        "a job has no more than its share",
        "supervisor/intake/shares.py",
        ("min(rates, default=None)", "limits.bandwidth"),
        tests=f"{UNIT}supervisor/intake/test_shares.py",
    ),
    mutant(
        "a job that gets no further is ended",
        "supervisor/keeper/keeper.py",
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
            "        try:\n            if there is None:\n                move(own, target)",
            (
                "        _copy(self.fd, os.open(last, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=parent.fd))\n"
                "        return True\n        try:\n            if there is None:\n                move(own, target)"
            ),
        ),
        (
            "def _lstat(",
            f"{COPY}def _lstat(",
        ),
        tests=f"{PROCESS}test_torn.py -k never_torn",
    ),
    mutant(
        "files of one pass are on disk before their names are final",
        "avio/engines/local/transfer/new_files.py",
        ("            sync_within([fd for _, _, fd in written], size, self._run)\n", ""),
        tests="tests/contract/engines/test_new_files.py -k refuses",
    ),
    mutant(
        "a pass gives no file its name once the attempt must stop",
        "avio/engines/local/transfer/new_files.py",
        ("            if self._run.stopping():\n                return\n", ""),
        tests="tests/contract/engines/test_new_files.py -k stop",
    ),
    mutant(
        "a pass replaces no file that appears meanwhile",
        "avio/engines/local/transfer/new_files.py",
        (
            "            move((directory, temporary), (parent.fd, last))",
            "            os.rename(temporary, last, src_dir_fd=directory, dst_dir_fd=parent.fd)",
        ),
        tests="tests/contract/engines/test_new_files.py -k appears",
    ),
    mutant(
        "only what the engine finds at the end counts",
        "avio/executor/verifier.py",
        (
            "        return self._verb.in_place(entry) and not",
            "        return True or not",
        ),
        tests=f"{PROCESS}test_jobs_run.py -k vanish",
    ),
    mutant(
        "a cache's books have settled before they are believed",
        "avio/executor/verifier.py",
        (
            "                    self._work.engine.settle(self._work.attempt, self._verb.params.path)\n",
            "                    pass\n",
        ),
        tests=f"{UNIT}executor/test_settling.py",
    ),
    mutant(
        "a preload waits for the end of the frees of its path",
        "avio/engines/local/engine.py",
        ("        self._frees.wait(path, run)\n", "        pass\n"),
        tests=f"{UNIT}executor/test_beside_a_free.py",
    ),
    mutant(
        "a file is saved after the tick of its mtime",
        "avio/engines/local/transfer/upload.py",
        ("            await_next_tick(each.mtime_ns, self._run)\n", "            pass\n"),
        tests="tests/contract/engines/test_clock_ticks.py",
    ),
    mutant(
        "other data gives way only when all is listed",
        "avio/executor/room.py",
        ("at_once = self._at_once + needed <= (room.spare or 0)", "at_once = True"),
        tests=f"{UNIT}executor/test_giving_way.py",
    ),
    mutant(
        "a worker takes no more than fits beside the job's own files",
        "avio/engines/alluxio/load/adaptive_window.py",
        ("return self._taken + beside + self._tiers * (block - 1) + 1 <= self._room()", "return True"),
        tests=f"{UNIT}engines/alluxio/test_worker_room.py",
    ),
)
