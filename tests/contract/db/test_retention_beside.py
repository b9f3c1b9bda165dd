"""Retention beside transactions that have its rows: it waits for none."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from avio.db import artifacts, filelists, tokens
from avio.db.connection import borrow, transaction
from avio.db.models import Artifact, FileList, Token
from avio.db.sql import change, rows
from tests.contract.db import given
from tests.contract.db.concurrent import LIMIT
from tests.contract.db.test_retention import DAY, ended, run


def test_lists_tokens_and_chunks_that_another_transaction_has_are_left_for_later(db: str) -> None:
    """A bite holds what it has deleted: if it waited, an order or an upload could wait for it in turn."""
    if db.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    given.user()
    given.node()
    used, unfinished, half_deleted = given.file_list(), filelists.begin(1), given.file_list()
    assert filelists.close(half_deleted)
    change("UPDATE filelists SET created_at = 0")
    tokens.add("digest", 1, -10 * DAY)
    repeated = ended()
    given.set_row(repeated, attempt=2)
    for attempt in (1, 2):
        artifacts.add(repeated, attempt, "log", 0, b"text\n")

    def pass_over() -> None:
        with borrow():
            run(token_keep=DAY, list_keep=DAY, upload_keep=DAY, attempt_keep=DAY)

    def left() -> tuple[set[str], int, int]:
        return {each.id for each in FileList.select()}, Token.select().count(), Artifact.select().count()

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            change("UPDATE jobs SET version = version + 1 WHERE id = ?", repeated)
            change("UPDATE tokens SET expires_at = expires_at")
            rows("SELECT id FROM filelists {shared}")
            pool.submit(pass_over).result(LIMIT / 10)
            assert left() == ({used, unfinished, half_deleted}, 1, 2)
        pass_over()
    assert left() == (set(), 0, 1)
