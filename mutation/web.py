"""The guards of web: what one client can take of it."""

from mutation.mutant import mutant

API, UNIT = "tests/integration/api/", "tests/unit/"

MUTANTS = (
    mutant(
        "a request gets a thread when it is whole",
        "avio/api/sockets/incoming.py",
        ("return self._head > 0 and self._is_whole()", "return self._head > 0"),
        tests=f"{UNIT}api/test_incoming.py -k whole",
    ),
    mutant(
        "more bytes give a head no more time",
        "avio/api/sockets/incoming.py",
        ("        if not self._has_begun:\n", "        if True:\n"),
        tests=f"{UNIT}api/test_incoming.py -k more_time",
    ),
    mutant(
        "empty lines before a request are few",
        "avio/api/sockets/incoming.py",
        ("        if self._blank > BLANK_BYTES:\n", "        if False:\n"),
        tests=f"{UNIT}api/test_incoming.py -k empty_lines",
    ),
    mutant(
        "a reply in one piece waits for no reader",
        "avio/api/sockets/client_socket.py",
        ("        self.unsent += data\n        self.push()\n", "        super().sendall(data)\n"),
        tests=f"{UNIT}api/test_unread_replies.py -k take_no_thread",
    ),
    mutant(
        "who reads nothing is dropped",
        "avio/api/sockets/connection.py",
        ("self.sock.deadline if self.incoming is None", "float('inf') if self.incoming is None"),
        tests=f"{UNIT}api/test_unread_replies.py -k takes_nothing",
    ),
    mutant(
        "unread replies have bounded memory",
        "avio/api/sockets/connection.py",
        ("return len(self.sock.unsent) + len(self.rest)", "return len(self.rest)"),
        tests=f"{UNIT}api/test_unread_replies.py -k bounded_memory",
    ),
    mutant(
        "a thread waits for no body that nobody wants",
        "avio/api/sockets/connection.py",
        ("        if not self._may_wait:\n", "        if False:\n"),
        tests=f"{UNIT}api/test_unread_replies.py -k nobody_wants",
    ),
    mutant(
        "requests without a pause give way",
        "avio/api/sockets/worker.py",
        ("(conn.rest and is_full)", "False"),
        tests=f"{UNIT}api/test_unread_replies.py -k keep_others",
    ),
    mutant(
        "a client can't fill the access log",
        "avio/api/access_quota.py",
        ("return self._asked[address] <= LINES, skipped", "return True, skipped"),
        tests=f"{UNIT}api/test_gunicorn_log.py -k few_lines",
    ),
    mutant(
        "a job that has not ended is below 100 %",
        "avio/api/serializers.py",
        ("        share = min(share, NOT_ALL)\n", "        pass\n"),
        tests=f"{UNIT}api/test_progress.py",
    ),
    mutant(
        "a mount has so many places",
        "avio/rules/places.py",
        ("            if self._taken[key] >= self.limit:\n                return False\n", ""),
        tests=f"{UNIT}rules/test_places.py",
    ),
    mutant(
        "all waiters of a path share one look",
        "avio/rules/looks.py",
        ("if not watched.is_looked_at and time.monotonic() >= watched.due:", "if True:"),
        tests=f"{UNIT}rules/test_looks.py -k share",
    ),
    mutant(
        "a look that is due again counts for nobody",
        "avio/rules/looks.py",
        (" and time.monotonic() < watched.due else None", " else None"),
        tests=f"{UNIT}rules/test_looks.py -k no_longer",
    ),
    mutant(
        "a store has few looks at once",
        "avio/rules/looks.py",
        ("        if not self._places.take(store):\n            return\n", ""),
        tests=f"{UNIT}rules/test_looks.py -k at_once",
    ),
    mutant(
        "a look that failed meets no condition",
        "avio/rules/gate.py",
        (
            "    if entry is None:\n        return Standing()\n",
            "    if entry is None:\n        return Standing(1, 1, 1, 1, True)\n",
        ),
        tests=f"{API}test_http_gate.py -k meets_nothing",
    ),
    mutant(
        "a search misses no job of a part that it knows in part",
        "avio/db/history.py",
        ("        if last is not None and job < last:\n            break\n", ""),
        tests="tests/contract/db/test_job_search.py -k sqlite",
    ),
    mutant(
        "a place is given back after each request",
        "avio/api/request_places.py",
        ("    app.teardown_request(leave)\n", ""),
        tests=f"{API}test_http_shares.py -k given_back_after",
    ),
    mutant(
        "a user is not kept out of known addresses",
        "avio/api/throttle.py",
        ("            return True\n", "            pass\n"),
        tests=f"{API}test_http_throttle.py -k nobody_else_keeps",
    ),
    mutant(
        "a name has few tries whatever the addresses",
        "avio/api/throttle.py",
        ("            self._require(self._account, account,", "            self._require(self._address, account,"),
        tests=f"{API}test_http_throttle.py -k whatever_the_addresses",
    ),
    mutant(
        "a long poll ends with its token",
        "avio/api/jobs.py",
        ("        look_up(token())  # a token that has ended since learns nothing\n", ""),
        tests=f"{API}test_http_shares.py -k long_poll_ends",
    ),
    mutant(
        "a walk holds few directories",
        "avio/engines/local/tree_walk.py",
        ("            if len(levels) > HELD_LEVELS:\n", "            if False:\n"),
        tests=f"{UNIT}engines/local/test_directory_window.py -k descriptors",
    ),
    mutant(
        "a worker without open files rests",
        "avio/api/sockets/worker.py",
        (
            "                if not self._make_room():\n                    self._pause(error)\n",
            "                self._make_room()\n",
        ),
        tests=f"{UNIT}api/test_accept_pause.py",
    ),
    mutant(
        "connections of buckets that nobody uses are closed",
        "avio/engines/local/buckets/idle_handles.py",
        ("            handles.close_old(now)\n", "            pass\n"),
        tests=f"{UNIT}engines/local/test_idle_handles.py -k any_bucket",
    ),
)
