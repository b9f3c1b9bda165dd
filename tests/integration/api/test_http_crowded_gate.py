"""A crowd at the gate of web as it is served: few may wait with a place, all get in, and the API goes on."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from avio.api import Web as App
from avio.api.services import KEY
from avio.client import Client, path_wait
from avio.config import Settings
from avio.engines.base import Side
from avio.executor.attempt import Attempt
from avio.wire.params import Params
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.following import later
from tests.integration.api.served_web import LIMIT, client, served
from tests.processes import slowness

CROWD = 12


@pytest.fixture
def load(app: App) -> Callable[[], None]:
    """Load the data, as a job would."""
    engine = app.extensions[KEY].engine

    def preload() -> None:
        list(engine.preload(engine.walk("/data/train", depth=None, side=Side.BUCKET), Params(), Attempt("j", 1)))

    return preload


def test_all_of_a_crowd_get_in_and_a_stop_ends_a_wait(
    settings: Settings,
    tmp_path: Path,
    ada: CheckedClient,
    bob: CheckedClient,
    load: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(path_wait._PathWait, "_sleep", lambda _, seconds: time.sleep(min(seconds, 0.3)))
    with served(settings, tmp_path) as web:

        def wait(_: int) -> bool:
            with Client(web.url, str(ada.token)) as waiter:
                *_, last = path_wait.wait_for_path(waiter, "/data/train", "cached", limit=LIMIT)
            return last["met"]

        with ThreadPoolExecutor(CROWD) as crowd, client(web, str(bob.token)) as http:
            met = crowd.map(wait, range(CROWD))
            time.sleep(1)
            began = time.monotonic()
            assert http.get("/jobs").status_code == 200
            assert time.monotonic() - began < 2 * slowness()
            load()
            assert list(met) == [True] * CROWD

            timer = later(0.5, lambda: web.process.send_signal(signal.SIGTERM))
            began = time.monotonic()
            info = http.get("/wait", params={"alluxioUri": "/data", "until": "cached", "wait": 60}).json()
            timer.join()
            assert (info["met"], info["entry"]["filesCached"]) == (False, 3)
            assert time.monotonic() - began < 20
