"""What the processes under `up` are given: the home's own places, unless somebody said otherwise."""

import socket
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner
from gunicorn.util import parse_address

from avio.admin import valkey
from avio.admin.environment import reserved_port, server_environment
from avio.admin.home import Home
from avio.admin.up import up
from avio.config import load
from avio.errors import Conflict, SettingsError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.prepare()
    return made


def test_everything_points_into_the_home_when_nothing_is_configured(home: Home) -> None:
    with server_environment(home, {}, host=None, port=0) as found:
        assert found.settings.database_url == f"sqlite:///{home.directory}/avio.db"
        assert found.settings.spool == home.spool
        assert found.socket is not None
        assert found.settings.redis_url == f"unix://{found.socket}"
        assert found.environ["AVIO_CONFIG"] == str(home.config)


def test_what_the_settings_file_or_a_variable_says_stays_and_no_valkey_is_run(home: Home) -> None:
    home.config.write_text('redis_url = "redis://127.0.0.1:7000/1"\n')

    with server_environment(home, {"AVIO_DATABASE_URL": "postgresql://somewhere/avio"}, host=None, port=0) as found:
        assert found.socket is None
        assert found.settings.redis_url == "redis://127.0.0.1:7000/1"
        assert found.settings.database_url == "postgresql://somewhere/avio"


def test_port_0_becomes_a_free_port_that_the_url_tells(home: Home) -> None:
    with server_environment(home, {}, host="0.0.0.0", port=0) as found:
        assert found.settings.port > 0
        assert found.url == f"http://127.0.0.1:{found.settings.port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_is_one_to_gunicorn_and_in_a_url(host: str) -> None:
    settings = load({"AVIO_HOST": host, "AVIO_PORT": "80"})

    assert parse_address(settings.web_address()) == (host, 80)
    assert httpx2.URL(f"http://{settings.web_address()}").host == host


def test_a_port_is_kept_for_web_alone() -> None:
    with reserved_port("127.0.0.1", 0) as port:
        with pytest.raises(OSError, match="in use"), socket.socket() as other:
            other.bind(("127.0.0.1", port))
        for _ in range(2):  # and for the one that follows a crash
            with socket.create_server(("127.0.0.1", port)) as web, socket.create_connection(web.getsockname()):
                pass


def test_passwords_and_tokens_of_people_do_not_reach_the_processes(home: Home) -> None:
    given = {"AVIO_ADMIN_PASSWORD": "s", "AVIO_TOKEN": "t", "AVIO_FAULT": ""}
    with server_environment(home, given, host=None, port=0) as found:
        assert not {"AVIO_ADMIN_PASSWORD", "AVIO_TOKEN"} & set(found.environ)
        assert "AVIO_FAULT" in found.environ


def test_settings_that_do_not_hold_are_refused_before_anything_starts(home: Home) -> None:
    home.config.write_text("slotz = 2\n")

    with pytest.raises(SettingsError, match="slotz"), server_environment(home, {}, host=None, port=0):
        pass


def test_a_port_that_is_taken_is_refused_with_a_cure() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(Conflict, match="cannot listen") as caught,
        reserved_port("127.0.0.1", taken.getsockname()[1]),
    ):
        pass

    assert "--port" in caught.value.cure


def test_a_home_with_a_long_path_has_its_socket_elsewhere_and_leaves_nothing_there(tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 30)
    deep.mkdir()

    found = valkey.socket_path(deep)
    assert len(bytes(found)) <= valkey.MAX_SOCKET_BYTES
    assert found.parent.stat().st_mode & 0o777 == 0o700

    valkey.remove_socket(found)
    assert not found.parent.exists()
    assert deep.exists()


def test_a_mount_that_cannot_be_opened_is_refused_before_a_process_starts(home: Home, tmp_path: Path) -> None:
    home.config.write_text('[mounts."/s3"]\nurl = "s3://b"\noptions = { endpoint = "minio:9000" }\n')
    result = CliRunner().invoke(up, ["--home", str(tmp_path), "--port", "0"])
    assert isinstance(result.exception, SettingsError)
    assert "write http://minio:9000" in result.exception.problems[0]
