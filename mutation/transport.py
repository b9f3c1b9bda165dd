"""The guards around Redis: what may be asked for by a hint, and when events are let go of."""

from mutation.mutant import mutant

MUTANTS = (
    mutant(
        "events are acknowledged after the commit",
        "avio/aggregator/fold.py",
        (
            '    fault("aggregator.before-fold")\n',
            '    stream.acknowledge([e for e, _ in batch])\n    fault("aggregator.before-fold")\n',
        ),
        tests="tests/process/test_aggregator_deaths.py -k commit",
    ),
    mutant(
        "the stream is trimmed by what is acknowledged",
        "avio/streams.py",
        ("minid=oldest, approximate=True", "maxlen=0, approximate=False"),
        tests="tests/integration/streams/test_streams.py -k trimming",
    ),
    mutant(
        "events of a dead aggregator are taken over",
        "avio/streams.py",
        ("        return self._of_group(claim)\n", "        return []\n"),
        tests="tests/integration/streams/test_streams.py -k taken_over",
    ),
    mutant(
        "an event is signed by the attempt that it names",
        "avio/streams.py",
        ("        if self._keys is None or not told:\n", "        if True:\n"),
        tests="tests/integration/streams/test_proofs.py",
    ),
    mutant(
        "an entry that is larger than an event is dropped",
        "avio/wire/events.py",
        ("    if len(text) > MAX_EVENT_BYTES:\n", "    if False:\n"),
        tests="tests/integration/streams/test_sick_redis.py -k larger_than_an_event",
    ),
    mutant(
        "a queue entry is measured before it is read",
        "avio/queue.py",
        ("        if largest > MAX_FIELD_BYTES:\n", "        if False:\n"),
        ("if any(len(value) > MAX_FIELD_BYTES", "if any(len(value) > 1 << 30"),
        tests="tests/integration/queue/test_queue.py -k larger",
    ),
    mutant(
        "two aggregators lock rows in one order (PostgreSQL)",
        "avio/aggregator/fold.py",
        ("for key in sorted(progress)]", "for key in progress]"),
        tests="tests/contract/db/test_folds.py -k deadlock",
    ),
    mutant(
        "a full Redis makes room for the group",
        "avio/streams.py",
        ("        except redis.OutOfMemoryError:\n", "        except redis.ReadOnlyError:\n"),
        tests="tests/integration/streams/test_sick_redis.py -k group_is_made",
    ),
    mutant(
        "the group is made again after a wipe",
        "avio/streams.py",
        ("            self._make_group()\n", "            pass\n"),
        tests="tests/integration/streams/test_streams.py -k wipe",
    ),
    mutant(
        "a queue entry may ask for one function only",
        "avio/queue.py",
        ("        return hand_over\n", "        return Job.func.fget(self)\n"),
        ("if self.func_name != FUNCTION or self.instance is not None:", "if False:"),
        tests="tests/integration/queue/test_queue.py",
    ),
    mutant(
        "call-backs of a queue entry are never called",
        "avio/queue.py",
        (
            "        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None\n",
            "",
        ),
        (
            "self.restore({name.encode(): value for name, value in found if value is not None})",
            "self.restore(self.connection.hgetall(self.key))",
        ),
        tests="tests/integration/queue/test_queue.py -k call_back",
    ),
    mutant(
        "the queue's commands are not heard",
        "avio/queue.py",
        ("    def subscribe(self) -> None:", "    def subscribe_not(self) -> None:"),
        tests="tests/integration/queue/test_queue.py -k stop_the_worker",
    ),
    mutant(
        "a node polls for jobs whose hints were lost",
        "supervisor/intake/claim.py",
        ("while self._slots.free() and self._claim_next():", "while False:"),
        tests="tests/process/test_intake_deaths.py -k hint_intake_died_with",
    ),
    mutant(
        "a hint gives its job no precedence",
        "supervisor/intake/claim.py",
        ("            self._claim_next()\n", "            self._claim(hinted)\n"),
        tests="tests/unit/supervisor/intake/test_claim.py -k oldest",
    ),
    mutant(
        "no hint is taken without a free slot",
        "avio/queue.py",
        ("if self._wait_for_slot(1.0):", "if True:"),
        tests="tests/integration/queue/test_queue.py -k no_slot",
    ),
)
