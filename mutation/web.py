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
        ("        if not self.data:\n            self._deadline", "        if True:\n            self._deadline"),
        tests=f"{UNIT}api/test_incoming.py -k more_time",
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
