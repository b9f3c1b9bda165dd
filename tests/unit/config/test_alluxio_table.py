"""The table [alluxio]: what is filled in, what is refused, and what the engine and the isolation get of it."""

from pathlib import Path
from typing import Any

import pytest

from avio.config import Settings, load
from avio.config.alluxio import AlluxioSpec
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.endpoints import tcp_ports
from avio.engines.factory import open_engine
from avio.errors import SettingsError

HEAD = 'engine = "alluxio"\n[alluxio]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "avio.toml"


def read(file: Path, text: str) -> Settings:
    file.write_text(text)
    return load({"AVIO_CONFIG": str(file)})


def test_the_masters_tell_where_the_rest_is(file: Path) -> None:
    settings = read(file, HEAD + 'masters = ["m1", "m2:29998", "[::1]:19998"]\n')

    assert AlluxioSettings.from_settings(settings.engine_settings()) == AlluxioSettings(
        masters=(Address("m1", 19998), Address("m2", 29998), Address("[::1]", 19998)),
        web=("http://m1:19999", "http://m2:19999", "http://[::1]:19999"),
        job_master=("http://m1:20002", "http://m2:20002", "http://[::1]:20002"),
    )


def test_what_is_given_goes_before_what_the_masters_tell(file: Path) -> None:
    settings = read(
        file,
        HEAD + 'masters = ["m1"]\nweb = ["https://web/"]\njob_master = ["http://jobs:1"]\nproxy = "http://p:39999/"\n'
        'user = "ada"\nauth = "nosasl"\npatience = 0\n',
    )

    assert AlluxioSettings.from_settings(settings.engine_settings()) == AlluxioSettings(
        masters=(Address("m1", 19998),),
        web=("https://web",),
        job_master=("http://jobs:1",),
        proxy="http://p:39999",
        user="ada",
        auth="nosasl",
        patience=0,
    )


def test_the_engine_opens_with_rest_alone(file: Path) -> None:
    rest = 'web = ["http://h:19999"]\njob_master = ["http://h:20002"]\nproxy = "http://h:39999"\n'

    assert isinstance(open_engine(read(file, HEAD + rest).engine_settings()), AlluxioEngine)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('engine = "alluxio"', "alluxio is missing; add [alluxio]"),
        ('[alluxio]\nmasters = ["m"]', 'set engine = "alluxio"'),
        (
            HEAD + 'masters = ["m"]\n[mounts."/data"]\nurl = "s3://b"',
            "mounts and tiers have no effect with engine alluxio",
        ),
        ("jobs_per_bucket = 1\n" + HEAD + 'masters = ["m"]', "jobs_per_bucket has no effect with engine alluxio"),
        ('copy_mode = "0640"\n' + HEAD + 'masters = ["m"]', "copy_mode has no effect with engine alluxio"),
        (HEAD, 'needs masters = ["host:19998"], or all of web'),
        (HEAD + 'web = ["http://h:1"]\njob_master = ["http://h:2"]', "needs masters"),
        (HEAD + 'masters = ["m"]\nmaster = "m"', "alluxio.master: unknown setting"),
        (HEAD + 'masters = ["m:0"]', "alluxio.masters.0 (from"),
        (HEAD + 'masters = ["m:many"]', "'m:many' is not an address; write host:19998"),
        (HEAD + 'masters = ["http://m:19998"]', "is not an address"),
        (HEAD + 'masters = ["ada@m:19998"]', "is not an address"),
        (HEAD + 'masters = "m:19998"', "alluxio.masters (from"),
        (HEAD + 'masters = ["m"]\nproxy = "m:39999"', "alluxio.proxy (from"),
        (HEAD + 'masters = ["m"]\nweb = ["m:19999"]', "is not a URL; write http://host:port"),
        (HEAD + 'masters = ["m"]\nauth = "kerberos"', "alluxio.auth (from"),
        (HEAD + 'masters = ["m"]\npatience = -1', "alluxio.patience (from"),
        (HEAD + 'masters = ["m"]\nworker_ports = [70000]', "alluxio.worker_ports.0 (from"),
        (HEAD + 'masters = ["m"]\nuser = ""', "alluxio.user (from"),
    ],
)
def test_what_does_not_hold_is_refused_with_its_name(file: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(file, text)

    (problem,) = refused.value.problems
    assert words in problem


def test_a_job_may_connect_anywhere_unless_the_ports_of_the_workers_are_named() -> None:
    table: dict[str, Any] = {"masters": ["m:1"], "web": ["http://m:2"], "proxy": "https://p"}

    def ports(**more: Any) -> frozenset[int] | None:
        spec = AlluxioSpec.model_validate(table | more)
        return tcp_ports({"engine": "alluxio", "alluxio": spec.model_dump()})

    assert ports() is None
    assert ports(worker_ports=[29999, 4]) == {1, 2, 20002, 443, 29999, 4}
