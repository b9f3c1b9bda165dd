"""A password in a URL of the settings is refused where messages would show it, and no message quotes it."""

from pathlib import Path

import pytest

from avio.config import load
from avio.errors import SettingsError


def problem(tmp_path: Path, text: str) -> str:
    """Return what is wrong with a file of settings, in one text."""
    file = tmp_path / "avio.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load({"AVIO_CONFIG": str(file)})
    return "\n".join(refused.value.problems)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://u:SECRETPW@b/x", "write the keys of the store into options"),
        ("s3://SECRETPW@b", "write the keys of the store into options"),
        ("s3://u:SEC/SECRETPW@b/x", "a colon in the name of the bucket"),
        ("gs://b:SECRETPW", "a colon in the name of the bucket"),
        ("az://b?sig=SECRETPW", "has a ? or #"),
        ("file://u:SECRETPW@h/x", "has a user or password"),
        ("https://u:SECRETPW@h/x", "has a user or password"),
        ("https://u:SEC/SECRETPW@h/x", "no valid host and port"),
        ("https://[u:SECRETPW/x", "no valid host"),
        ("abfss://c:SECRETPW@a.dfs.core.windows.net/x", "has a password"),
    ],
)
def test_a_mount_has_no_login_in_its_url(tmp_path: Path, url: str, words: str) -> None:
    found = problem(tmp_path, f'[mounts."/data"]\nurl = "{url}"\n')
    assert "mounts./data.url" in found
    assert words in found
    assert "SECRETPW" not in found


@pytest.mark.parametrize("url", ["s3://b/a@b", "https://h:8080/a@b?token=x", "abfss://c@a.dfs.core.windows.net/x"])
def test_an_at_sign_that_ends_no_login_is_fine(tmp_path: Path, url: str) -> None:
    file = tmp_path / "avio.toml"
    file.write_text(f'[mounts."/data"]\nurl = "{url}"\n')
    assert load({"AVIO_CONFIG": str(file)}).mounts["/data"].url == url


def test_an_option_is_a_text_and_an_endpoint_has_no_login(tmp_path: Path) -> None:
    mount = '[mounts."/data"]\nurl = "s3://b"\noptions = '
    for options, words in (
        ("{ secret_access_key = 90210 }", "secret_access_key is not a text; write its value in quotes"),
        ("{ allow_http = true }", "allow_http is not a text; write its value in quotes"),
        ('"90210"', "is no table"),
        ('{ aws_endpoint_url = "http://u:90210@h" }', "aws_endpoint_url has a user or password"),
    ):
        found = problem(tmp_path, mount + options)
        assert words in found
        assert "90210" not in found
        assert len(found.splitlines()) == 1


@pytest.mark.parametrize(
    "line",
    [
        f'{name} = "{scheme}://u:{password}@h/d"'
        for name, scheme in (("database_url", "postgresql"), ("redis_url", "redis"), ("executor_redis_url", "rediss"))
        for password in ("SEC/SECRETPW", "SEC?SECRETPW", "SEC#SECRETPW", "12/SECRETPW", "12?SECRETPW", "1#SECRETPW")
    ]
    + [
        'database_url = "SECRETPW"',
        'database_url = "postgresql://u:SECRETPW%zz@h/d"',
        'database_url = "postgresql://u:SECRETPW%00@h/d"',
        'database_url = "postgresql://u@h/d?password=SECRETPW%zz"',
        'redis_url = "redis://u:SECRETPW%zz@h/0"',
        'database_url = "mysql://u:SECRETPW@h/d"',
        'database_url = "postgresql://h:1,h2:SECRETPW/d"',
        'redis_url = "http://u:SECRETPW@h"',
        'engine = "alluxio"\nalluxio = { masters = ["u:SECRETPW@h"] }',
        'engine = "alluxio"\nalluxio = { masters = ["h"], proxy = "u:SECRETPW@h" }',
        'engine = "alluxio"\nalluxio = { masters = ["h"], proxy = "http://u:SECRETPW@h" }',
    ],
)
def test_what_a_url_is_refused_for_quotes_no_password(tmp_path: Path, line: str) -> None:
    found = problem(tmp_path, line)
    assert line.partition(" ")[0] in found or "alluxio." in found
    assert not {"SEC", "SECRETPW"} & set(found.replace("'", " ").replace('"', " ").split())
    assert "SECRETPW" not in found


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%2Fw@h:5432/d",
        "postgresql:///d?host=/run/postgresql",
        "postgresql://u@h1:1,h2:2/d?target_session_attrs=read-write",
        "postgresql://[::1]:5432/d?user=avio@server",
        "sqlite:////srv/avio%23.db",
    ],
)
def test_a_url_that_libpq_takes_is_taken(url: str) -> None:
    assert load({"AVIO_CONFIG": "/dev/null", "AVIO_DATABASE_URL": url}).database_url == url
