"""A database that is closed while other threads use it: their connections stay, and the process does."""

import subprocess
import sys

PROGRAM = """
import sys, threading
from avio.db.connection import borrow, open_database, shut
from avio.db.sql import rows

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"
results = []

def count():
    with borrow():
        under_way.set()
        results.append(rows(COUNT))

open_database(sys.argv[1])
for _ in range(5):
    under_way = threading.Event()
    thread = threading.Thread(target=count)
    thread.start()
    under_way.wait()
    shut()
    thread.join()
print(results == [[(300_000,)]] * 5)
"""


def test_a_query_of_another_thread_outlives_the_closing(empty_db: str) -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM, empty_db], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "True\n"), ended.stderr
