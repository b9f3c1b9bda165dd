"""The guards around Redis: what may be asked for by a hint, and when events are let go of."""

from mutation.mutant import mutant

MUTANTS = (
    mutant(
        "events are acknowledged after the commit",
        "avio/aggregator/folding.py",
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
        ("return self._events_of([(EVENTS_KEY, reply[1])])", "return []"),
        tests="tests/integration/streams/test_streams.py -k taken_over",
    ),
    mutant(
        "the group is made again after a wipe",
        "avio/streams.py",
        ('            self._redis.xgroup_create(EVENTS_KEY, GROUP, id="0", mkstream=True)\n', "            pass\n"),
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
        "supervisor/claiming.py",
        ("            for job in due:\n", "            for job in due[:0]:\n"),
        tests="tests/process/test_intake_deaths.py -k hint_intake_died_with",
    ),
    mutant(
        "no hint is taken without a free slot",
        "avio/queue.py",
        ("if self._wait_for_slot(1.0):", "if True:"),
        tests="tests/integration/queue/test_queue.py -k no_slot",
    ),
)
