"""What the processes under `up` are given: the home's own places, unless somebody said otherwise."""

import socket
from pathlib import Path

import httpx
import pytest
from gunicorn.util import parse_address

from avio.admin import valkey
from avio.admin.home import Home
from avio.admin.surroundings import arranged, reserved
from avio.config import SettingsError, load
from avio.errors import Conflict


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.prepare()
    return made


def test_everything_points_into_the_home_when_nothing_is_configured(home: Home) -> None:
    with arranged(home, {}, host=None, port=0) as found:
        assert found.settings.database_url == f"sqlite:///{home.directory}/avio.db"
        assert found.settings.spool == home.spool
        assert found.socket is not None
        assert found.settings.redis_url == f"unix://{found.socket}"
        assert found.environ["AVIO_CONFIG"] == str(home.config)


def test_what_the_settings_file_or_a_variable_says_stays_and_no_valkey_is_run(home: Home) -> None:
    home.config.write_text('redis_url = "redis://127.0.0.1:7000/1"\n')

    with arranged(home, {"AVIO_DATABASE_URL": "postgresql://somewhere/avio"}, host=None, port=0) as found:
        assert found.socket is None
        assert found.settings.redis_url == "redis://127.0.0.1:7000/1"
        assert found.settings.database_url == "postgresql://somewhere/avio"


def test_port_0_becomes_a_free_port_that_the_url_tells(home: Home) -> None:
    with arranged(home, {}, host="0.0.0.0", port=0) as found:
        assert found.settings.port > 0
        assert found.url == f"http://127.0.0.1:{found.settings.port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_is_one_to_gunicorn_and_in_a_url(host: str) -> None:
    settings = load({"AVIO_HOST": host, "AVIO_PORT": "80"})

    assert parse_address(settings.web_address()) == (host, 80)
    assert httpx.URL(f"http://{settings.web_address()}").host == host


def test_a_port_is_kept_for_web_alone() -> None:
    with reserved("127.0.0.1", 0) as port:
        with pytest.raises(OSError, match="in use"), socket.socket() as other:
            other.bind(("127.0.0.1", port))
        for _ in range(2):  # and for the one that follows a crash
            with socket.create_server(("127.0.0.1", port)) as web, socket.create_connection(web.getsockname()):
                pass


def test_passwords_and_tokens_of_people_do_not_reach_the_processes(home: Home) -> None:
    given = {"AVIO_ADMIN_PASSWORD": "s", "AVIO_TOKEN": "t", "AVIO_FAULT": ""}
    with arranged(home, given, host=None, port=0) as found:
        assert not {"AVIO_ADMIN_PASSWORD", "AVIO_TOKEN"} & set(found.environ)
        assert "AVIO_FAULT" in found.environ


def test_settings_that_do_not_hold_are_refused_before_anything_starts(home: Home) -> None:
    home.config.write_text("slotz = 2\n")

    with pytest.raises(SettingsError, match="slotz"), arranged(home, {}, host=None, port=0):
        pass


def test_a_port_that_is_taken_is_refused_with_a_cure() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(Conflict, match="can't listen") as caught,
        reserved("127.0.0.1", taken.getsockname()[1]),
    ):
        pass

    assert "--port" in caught.value.cure


def test_a_home_with_a_long_path_has_its_socket_elsewhere_and_leaves_nothing_there(tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 30)
    deep.mkdir()

    found = valkey.socket_in(deep)
    assert len(bytes(found)) <= valkey.MAX_SOCKET
    assert found.parent.stat().st_mode & 0o777 == 0o700

    valkey.forget(found)
    assert not found.parent.exists()
    assert deep.exists()
