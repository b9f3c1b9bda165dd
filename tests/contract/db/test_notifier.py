"""From an end to its receiver: what is sent, how it is signed, and when it is tried again."""

import hashlib
import hmac
import json
import logging
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from avio.aggregator import notifier
from avio.aggregator.notifier import BACK_OFF, Notifier
from avio.config import Settings
from avio.db import orders, users, webhooks
from avio.db.order_models import Delivery
from avio.db.sql import change, now
from avio.wire.progress import ErrorGroup
from avio.wire.signatures import new_secret
from tests.contract.db import given
from tests.servers.receiver import Got, Receiver, receiver

SECRET = new_secret()


@pytest.fixture
def there(db: str) -> Iterator[Receiver]:
    given.user()
    given.node()
    with receiver() as made:
        webhooks.put(1, f"{made.url}/hook?token=hush", "failed,partial", SECRET, renew=False)
        yield made


@pytest.fixture
def sender(there: Receiver) -> Notifier:
    return Notifier(Settings(webhook_networks=["127.0.0.0/8"]))


def ended(state: str = "partial", **members: Any) -> str:
    job = given.running()
    result = given.result(job, **members)
    result.progress.errors = [ErrorGroup("GONE", 2, samples=[r"/a\xff"])]
    assert given.ends.finish(result, state)
    return job


def of(job: str) -> Delivery:
    found: Delivery = Delivery.get_by_id(job)
    return found


def verified(got: Got, secret: str) -> Any:
    """Return the body, as docs/api.md tells a receiver to check it."""
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    key = b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert hmac.compare_digest(expected, got.headers["webhook-signature"])
    return json.loads(got.body)


def test_a_receiver_gets_the_job_with_a_signature(there: Receiver, sender: Notifier) -> None:
    job = ended(message="2 files failed: http://10.0.0.1:80 is away", reason="GONE")

    assert sender.deliver()

    (got,) = there.got
    event = verified(got, SECRET)
    assert (got.path, got.headers["content-type"]) == ("/hook?token=hush", "application/json")
    assert got.headers["webhook-id"] == event["id"] == job
    assert (event["type"], event["timestamp"]) == ("job.partial", event["data"]["finishTime"])
    told = event["data"]
    assert (told["id"], told["status"], told["reason"], told["uid"]) == (job, "partial", "GONE", 1)
    assert told["message"] == "2 files failed: (address) is away"
    assert told["progress"]["total"] == {"files": 3, "bytes": 30, "complete": True}
    assert told["errors"][0]["samples"] == [r"/a\xff"]
    row = of(job)
    assert (bool(row.delivered), row.code, row.tries) == (True, 204, 1)
    assert not sender.deliver()


def test_the_log_and_the_row_have_no_query(there: Receiver, sender: Notifier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    there.answer = lambda _: 500
    job = ended()
    sender.deliver()

    assert of(job).url == f"{there.url}/hook?..."
    logged = "".join(str(vars(record)) for record in caplog.records)
    assert "hush" not in logged
    assert "/hook" not in logged, "many services have the secret in the path"


def test_a_receiver_that_fails_is_tried_again_for_a_day_with_the_same_id(there: Receiver, sender: Notifier) -> None:
    there.answer = lambda _: 503
    job = ended()
    pauses = []
    while (row := of(job)).next_at is not None:
        change("UPDATE deliveries SET next_at = {now} - 1")
        assert sender.deliver()
        row = of(job)
        pauses.append(None if row.next_at is None else row.next_at - now())

    assert [round(each) for each in pauses[:-1] if each is not None] == [*BACK_OFF]
    assert 23 * 3600 < sum(BACK_OFF) <= 24 * 3600
    assert (bool(row.delivered), row.tries, row.code, row.error) == (False, len(BACK_OFF) + 1, 503, "HTTP 503")
    assert {got.headers["webhook-id"] for got in there.got} == {job}
    assert [verified(got, SECRET) for got in there.got] == [verified(there.got[0], SECRET)] * len(there.got)


@pytest.mark.parametrize(
    ("code", "ended_", "words"),
    [(410, True, "asks for no more"), (404, False, "HTTP 404"), (302, False, "not followed")],
)
def test_what_a_status_means(there: Receiver, sender: Notifier, code: int, ended_: bool, words: str) -> None:
    there.answer = lambda _: code
    job = ended()
    sender.deliver()

    row = of(job)
    assert (row.ended_at is not None, row.next_at is None, row.code) == (ended_, ended_, code)
    assert words in row.error
    assert len(there.got) == 1


def test_a_private_address_is_given_up_at_once(there: Receiver) -> None:
    job = ended()

    Notifier(Settings()).deliver()

    row = of(job)
    assert (bool(row.delivered), row.next_at, row.code, row.tries) == (False, None, None, 1)
    assert "webhook_networks" in row.error
    assert there.got == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM webhooks", "no webhook any more"),
        ("UPDATE webhooks SET url = NULL", "no URL any more"),
        ("UPDATE users SET disabled_at = 1", "is disabled"),
    ],
)
def test_what_was_taken_away_meanwhile_is_not_sent(
    there: Receiver, sender: Notifier, statement: str, words: str
) -> None:
    job = ended()
    change(statement)

    assert sender.deliver()

    assert words in of(job).error
    assert of(job).next_at is None
    assert there.got == []


def test_the_url_of_a_job_takes_the_place_of_the_users(there: Receiver, sender: Notifier) -> None:
    params = json.dumps({"alluxioUri": "/data", "fromFileList": False, "notify": f"{there.url}/mine?key=k"})
    job, _ = orders.insert(orders.NewJob(1, "load", 1, params))
    given.claim(job.id)
    given.from_result(job.id, "succeeded")

    sender.deliver()

    (got,) = there.got
    event = verified(got, SECRET)
    assert got.path == "/mine?key=k"
    assert event["data"]["params"]["notify"] == "***"


def test_the_sign_of_a_new_secret_is_used_at_the_next_try(there: Receiver, sender: Notifier) -> None:
    ended()
    other = new_secret()
    webhooks.put(1, there.url, "failed", other, renew=True)

    sender.deliver()

    verified(there.got[0], other)


def test_a_receiver_that_hangs_holds_up_no_other_user(
    there: Receiver, sender: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(notifier, "LEAVE_SECONDS", 0.1)
    users.create("bob", "hash")
    webhooks.put(2, f"{there.url}/bob", "failed", SECRET, renew=False)
    leave = notifier.threading.Event()
    there.answer = lambda handler: 204 if handler.path == "/bob" else (leave.wait(9), 204)[1]
    for _ in range(5):
        ended()
    bobs = given.running()
    given.set_row(bobs, uid=2)
    given.from_result(bobs, "failed")
    sender.start()
    try:
        for _ in range(3):  # two of the first user, which hang, and the one of the other
            assert there.arrived.acquire(timeout=9)
        assert sorted(got.path for got in there.got) == ["/bob", "/hook?token=hush", "/hook?token=hush"]
    finally:
        leave.set()
        sender.leave()


def test_a_defect_is_a_try_that_failed_and_ends_as_others(sender: Notifier, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr(notifier, "post", fail)
    job = ended()

    for _ in range(len(BACK_OFF) + 1):
        change("UPDATE deliveries SET next_at = 0")
        assert sender.deliver()

    row = of(job)
    assert (row.next_at, row.held_until, bool(row.delivered)) == (None, None, False)
    assert row.ended_at is not None
    assert "ZeroDivisionError" in row.error
