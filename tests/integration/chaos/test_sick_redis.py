"""Each sickness of Redis that `make chaos` brings is one, it ends, and what was stored is still there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from chaos import sick_redis
from chaos.sick_redis import SICKNESSES, Sickness, heal, sicken, takes_writes
from tests.servers.valkey import Valkey, valkey


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    with valkey(tmp_path) as made:
        yield made


@pytest.mark.parametrize("sickness", SICKNESSES, ids=lambda each: each.name)
def test_a_sick_redis_answers_and_takes_no_writes_until_it_is_healed(server: Valkey, sickness: Sickness) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.set("before", "there")

        assert sicken(server.url, sickness)
        with pytest.raises(redis.ResponseError):
            client.set("meanwhile", "refused")
        assert not takes_writes(server.url)
        assert client.get("before") == b"there"

        heal(server.url)
        assert takes_writes(server.url)
        assert (client.get("before"), client.get("meanwhile")) == (b"there", None)


def test_a_redis_that_is_down_can_t_be_made_sick_and_one_that_stays_so_is_told(
    server: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sick_redis, "RECOVERY_LIMIT", 0.3)
    monkeypatch.setattr(sick_redis, "SICKNESSES", SICKNESSES[1:])
    sicken(server.url, SICKNESSES[0])
    with pytest.raises(redis.RedisError, match="takes no writes"):
        heal(server.url)

    server.kill()
    assert not sicken(server.url, SICKNESSES[0])
    with pytest.raises(redis.RedisError):
        heal(server.url)
