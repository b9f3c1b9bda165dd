"""The service centre over a real database, a real Valkey and the local engine on a file:// bucket.

Every JSON reply that a test receives is checked against the shape that its route declares.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from avio import passwords, streams
from avio.api import Web, create_app
from avio.api.services import KEY, Services
from avio.config import Mount, Settings, TierSpec
from avio.db import schema, tokens, users
from avio.db.connection import borrow, shut
from avio.db.models import Attempt, Job
from avio.wire.events import Event
from avio.wire.proofs import new_key
from tests.integration.conftest import CHEAP

PASSWORD = "correct horse"
EVENT_KEY = new_key()
_HASH = CHEAP.hash(PASSWORD)


class CheckedClient(FlaskClient):
    """A client that holds every reply against /openapi.json; as `person(...)` returns it, with a token."""

    token: str | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request, with the token unless it brings an Authorization of its own."""
        headers = dict(kwargs.pop("headers", None) or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"QBox {self.token}")
        response = super().open(*args, headers=headers, **kwargs)
        self._check(response)
        return response

    def _check(self, response: TestResponse) -> None:
        assert response.headers["X-Request-Id"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        if response.status_code in (204, 304):
            return
        page = self._page(response)
        if page is None:
            assert response.mimetype == "application/problem+json"
        key = (page, response.request.method, response.status_code, response.mimetype)
        if key not in _validators:
            _validators[key] = self._validator(*key)
        if response.mimetype in ("application/json", "application/problem+json"):
            _validators[key].validate(response.get_json())

    def _page(self, response: TestResponse) -> str | None:
        """Return the path as it is described; None where there is no such page or method."""
        request = response.request
        try:
            rule, _ = self.application.url_map.bind("").match(request.path, request.method, return_rule=True)
        except HTTPException:
            return None
        return rule.rule.replace("<ulid:", "{").replace(">", "}")

    def _validator(self, page: str | None, method: str, status: int, mimetype: str) -> Draft202012Validator:
        """Return what checks replies of this status and content type. Raise KeyError if they are not declared."""
        spec = self.application.api_doc  # type: ignore[attr-defined]
        declared = {"$ref": "#/components/schemas/Problem"}
        if page is not None:
            replies = spec["paths"][page][method.lower()]["responses"]
            declared = replies[str(status)]["content"][mimetype].get("schema", {})
        return Draft202012Validator({**declared, "components": spec["components"]})


# By page, method, status and content type: every app describes the same replies, and a validator takes milliseconds.
_validators: dict[tuple[str | None, str, int, str], Draft202012Validator] = {}


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    """A bucket with a few files, mounted at /data."""
    root = tmp_path / "bucket"
    for name in ("train/a.bin", "train/b.bin", "train/deep/c.bin", "top.bin"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode() * 10)
    return root


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: SQLite, or PostgreSQL for tests that are parametrized so."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/avio.db"


@pytest.fixture
def settings(tmp_path: Path, bucket: Path, valkey_url: str, database_url: str) -> Settings:
    """What the app under test runs with."""
    return Settings(
        database_url=database_url,
        redis_url=valkey_url,
        mounts={"/data": Mount(url=f"file://{bucket}")},
        tiers=[TierSpec(alias="MEM", path=tmp_path / "mem", capacity=1 << 30)],
        list_lines_max=1000,
        list_bytes_max=100_000,
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Web]:
    """The app, with its tables and three users."""
    app = create_app(settings)
    app.test_client_class = CheckedClient
    with borrow():
        schema.prepare()
        for name in ("ada", "bob", "root"):
            users.create(name, _HASH, admin=name == "root")
    yield app
    shut()


@pytest.fixture
def person(app: Web) -> Callable[[str], CheckedClient]:
    """Return a client that speaks for the user of a name."""

    def speak(name: str) -> CheckedClient:
        client = app.test_client()
        assert isinstance(client, CheckedClient)
        token = passwords.new_token()
        with borrow():
            user = users.find(name)
            assert user is not None
            tokens.add(passwords.digest(token), user.uid, 3600)
        client.token = token
        return client

    return speak


@pytest.fixture
def nobody(app: Web) -> CheckedClient:
    """A client without a token."""
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    return client


@pytest.fixture
def ada(person: Callable[[str], CheckedClient]) -> CheckedClient:
    """A user."""
    return person("ada")


@pytest.fixture
def bob(person: Callable[[str], CheckedClient]) -> CheckedClient:
    """Another user."""
    return person("bob")


@pytest.fixture
def root(person: Callable[[str], CheckedClient]) -> CheckedClient:
    """An admin."""
    return person("root")


@pytest.fixture
def order(ada: CheckedClient) -> str:
    """The id of a preload that Ada has ordered."""
    response = ada.post("/preload", json={"params": {"alluxioUri": "/data/train"}})
    assert response.status_code == 202
    return str(response.get_json()["id"])


@pytest.fixture
def publish(settings: Settings) -> Callable[[Event], None]:
    """Put an event onto the stream, as the process of its attempt would; the attempt is made if there is none."""

    def put(event: Event) -> None:
        with borrow():
            if Job.get_or_none(Job.id == event.job) is not None:
                Attempt.insert(
                    job_id=event.job, attempt=event.attempt, node="n1", epoch=1, started_at=0, event_key=EVENT_KEY
                ).on_conflict_ignore().execute()
        streams.Events(streams.connect(settings.redis_url), key=EVENT_KEY).publish([event])

    return put


@pytest.fixture
def set_row(app: Web) -> Callable[..., None]:
    """Change a row as intake and aggregator would; the version rises."""

    def change(job: str, **members: Any) -> None:
        with borrow():
            Job.update(version=Job.version + 1, **members).where(Job.id == job).execute()

    return change


@pytest.fixture
def count_jobs(app: Web) -> Callable[[], int]:
    """Return how many jobs there are."""

    def count() -> int:
        with borrow():
            return int(Job.select().count())

    return count


@pytest.fixture
def services(app: Web) -> Services:
    """The parts of the app under test."""
    found: Services = app.extensions[KEY]
    return found
