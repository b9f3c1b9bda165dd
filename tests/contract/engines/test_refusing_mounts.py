"""A mount whose store refuses or redirects: each place that asks whether it answers names the cause and the cure."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.admin.checks.engine import look_at_engine
from avio.config import Settings
from avio.engines.base import Side
from avio.engines.factory import open_engine
from avio.errors import EngineError
from avio.rules.engine_health import EngineHealth
from avio.rules.health import public_message
from tests.contract.engines.harness import settings
from tests.contract.engines.lying_store import Reply, Store, error, lying_store

REDIRECT = 301, {"Location": "https://elsewhere.example/b"}, b""
REGION = 301, {"x-amz-bucket-region": "eu-west-1"}, b""


@pytest.fixture
def store() -> Iterator[Store]:
    with lying_store() as store:
        yield store


REPLIES = pytest.mark.parametrize(
    ("reply", "cause", "cure"),
    [
        (error(403, "InvalidAccessKeyId"), "does not know the access key", "access_key_id"),
        (error(403, "SignatureDoesNotMatch"), "another signature", "secret_access_key"),
        (error(403, "AccessDenied"), "refuses the key", "rights"),
        (error(403, "RequestTimeTooSkewed"), "clock", "NTP"),
        (error(400, "ExpiredToken"), "expired", "new credentials"),
        (error(404, "NoSuchBucket"), "no such bucket", "the mount's url"),
        (error(404, "NobodyKnows"), "knows no such bucket", "the mount's url"),
        (error(400, "AuthorizationHeaderMalformed"), "another region", "option region"),
        ((403, {}, b""), "refuses the key", "rights"),
        (REGION, "another region", "option region"),
        (REDIRECT, "redirects", "option endpoint"),
        ((302, *REDIRECT[1:]), "redirects", "option endpoint"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)


@REPLIES
def test_readiness_says_what_the_store_said(store: Store, tmp_path: Path, reply: Reply, cause: str, cure: str) -> None:
    store.before = lambda method, key: reply
    state = EngineHealth(open_engine(settings({"/data": ("s3://b", store.options)}, tmp_path))).state(10)

    said = public_message(state)

    assert said.startswith("mount /data: ")
    assert cause in said
    assert cure in said
    assert not any(word in said for word in ("127.0.0.1", "elsewhere", "s3://b"))


@REPLIES
def test_check_says_it_with_all_details(store: Store, tmp_path: Path, reply: Reply, cause: str, cure: str) -> None:
    store.before = lambda method, key: reply
    (tmp_path / "ssd").mkdir()
    made = Settings(
        mounts={"/data": {"url": "s3://b", "options": store.options}},
        tiers=[{"alias": "SSD", "path": tmp_path / "ssd", "capacity": "1GiB"}],
    )

    found = next(each for each in look_at_engine(made) if each.subject == "mount /data")

    assert cause in found.message
    assert cure in found.cure


@REPLIES
def test_a_task_and_a_walk_say_the_same(store: Store, tmp_path: Path, reply: Reply, cause: str, cure: str) -> None:
    store.before = lambda method, key: reply
    engine = open_engine(settings({"/data": ("s3://b", store.options)}, tmp_path))
    for ask in (
        lambda: engine.stat("/data/f"),
        lambda: engine.list("/data", depth=1, size=1),
        lambda: next(engine.walk("/data", depth=None, side=Side.BUCKET)),
    ):
        with pytest.raises(EngineError) as raised:
            ask()
        assert cause in raised.value.message
        assert cure in raised.value.cure


def test_a_store_without_answer_is_no_refusal(store: Store, tmp_path: Path) -> None:
    options = {**store.options, "endpoint": "http://127.0.0.1:1"}
    state = EngineHealth(open_engine(settings({"/data": ("s3://b", options)}, tmp_path))).state(10)

    assert public_message(state).startswith("no answer from mount /data: no connection; check that the store is up")
    assert "127.0.0.1" not in public_message(state)
