"""`avio-server redis-acl`: the file it makes, the passwords, and what it tells of each process."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner, Result

from avio import streams
from avio.admin import commands
from avio.admin.redis_acl import url_of
from avio.admin.redis_acl_roles import ROLES
from avio.api.known_clients import KnownClients
from avio.api.throttle import Throttle
from avio.errors import BadRequest, Conflict, TooMany
from tests.servers.valkey import valkey

# What a rule of Redis 6.2 looks like; selectors in brackets and `%R~` for keys that are only read came with 7.0.
RULE_OF_6_2 = re.compile(r"reset|on|off|#[0-9a-f]{64}|~[a-z:*]+|-@all|\+[a-z]+(\|[a-z]+)?")


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AVIO_REDIS_URL", "redis://cache:6379/0")


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(commands, ["redis-acl", *arguments], input=given)


def test_passwords_are_made_up_anew_each_time_and_only_their_hashes_are_in_the_file() -> None:
    first, second = run(), run()

    urls = [line.partition("=")[2] for line in first.stderr.splitlines()]
    passwords = [url.partition("//")[2].partition("@")[0].partition(":")[2] for url in urls]
    assert [line.partition("=")[0] for line in first.stderr.splitlines()] == [
        "web: AVIO_REDIS_URL",
        "supervisor: AVIO_REDIS_URL",
        "supervisor: AVIO_EXECUTOR_REDIS_URL",
        "aggregator: AVIO_REDIS_URL",
    ]
    assert len(set(passwords)) == 4
    assert min(map(len, passwords)) >= 32
    for password in passwords:
        assert password not in first.stdout
        assert f"#{sha256(password.encode()).hexdigest()}" in first.stdout
    assert first.stdout != second.stdout


def test_a_server_loads_the_file_and_lets_in_whom_it_names(tmp_path: Path) -> None:
    given = "web one two\nsupervisor x\nexecutor y\naggregator z\n"

    rules = run("--passwords-stdin", given=given).stdout

    with valkey(tmp_path / "valkey", acl=rules) as server:
        with redis.Redis.from_url(f"redis://web:one%20two@{server.place}", driver_info=None) as web:
            assert web.ping()
        with redis.Redis.from_url(server.url) as tester:
            assert sorted(tester.acl_users()) == ["aggregator", "default", "executor", "supervisor", "tester", "web"]
            assert "off" in tester.acl_getuser("default")["flags"]


def test_every_rule_is_one_that_redis_6_2_can_read() -> None:
    lines = [line.split(" ") for line in run().stdout.splitlines()]

    assert [line[:2] for line in lines] == [["user", name] for name in ("default", *(role.name for role in ROLES))]
    assert [rule for _, _, *rules in lines for rule in rules if not RULE_OF_6_2.fullmatch(rule)] == []


def test_every_command_is_one_that_redis_6_2_has(tmp_path: Path) -> None:
    allowed = {rule[1:] for rule in run().stdout.split() if rule.startswith("+")}

    with (
        valkey(tmp_path / "valkey") as server,
        redis.Redis.from_url(server.url, protocol=3, decode_responses=True) as client,
    ):
        told = client.execute_command("COMMAND DOCS", *allowed)

    assert told.keys() == allowed
    newer = {name for name, docs in told.items() if tuple(map(int, docs["since"].split("."))) >= (6, 3)}
    assert newer == set()


def test_a_new_file_is_for_its_owner_alone_and_an_old_one_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "users.acl"

    assert run("--file", str(file)).stdout == ""

    text = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert text.splitlines()[0] == "user default reset off"
    assert isinstance(run("--file", str(file)).exception, Conflict)
    assert file.read_text() == text


@pytest.mark.parametrize("given", ["root x\n", "web\n", "web \n", "\n"])
def test_a_line_that_is_no_user_and_password_is_refused(given: str) -> None:
    result = run("--passwords-stdin", given=given)

    assert isinstance(result.exception, BadRequest)
    assert "line 1" in result.exception.message
    assert result.stdout == ""


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = run("--file", str(tmp_path / "nowhere" / "users.acl"))

    assert isinstance(result.exception, BadRequest)
    assert "nowhere/users.acl: No such file" in result.exception.message


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://cache:6379/0", "redis://web:p%2F@cache:6379/0"),
        ("rediss://:old@cache/1?ssl_ca_certs=x", "rediss://web:p%2F@cache/1?ssl_ca_certs=x"),
        ("unix:///run/redis.sock?db=1", "unix://web:p%2F@/run/redis.sock?db=1"),
        ("redis://[::1]:6379", "redis://web:p%2F@[::1]:6379"),
    ],
)
def test_the_url_of_a_user_is_the_configured_one_with_name_and_password(url: str, expected: str) -> None:
    assert url_of(url, "web", "p/") == expected


def test_web_may_count_failed_logins(tmp_path: Path) -> None:
    rules = run("--passwords-stdin", given="web one\nsupervisor x\nexecutor y\naggregator z\n").stdout

    with valkey(tmp_path / "valkey", acl=rules) as server:
        client = streams.connect(f"redis://web:one@{server.place}")
        throttle = Throttle(client, KnownClients(client), per_address=2, per_account=2)
        for no in range(2):
            throttle.enter(f"name {no}", "192.0.2.1")
            throttle.failed(f"name {no}", "192.0.2.1")
        throttle.enter("another", "192.0.2.1")  # one try, from an address that has used up its failures
        with pytest.raises(TooMany):
            throttle.enter("another", "192.0.2.1")
        throttle.succeeded("ada", "192.0.2.1")
        assert throttle.enter("ada", "192.0.2.1")
        with redis.Redis.from_url(server.url) as tester:
            assert tester.acl_log() == []
            assert all(tester.ttl(key) > 0 for key in tester.keys("avio:logins:*"))
