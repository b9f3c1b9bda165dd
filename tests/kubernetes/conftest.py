"""One API server for all tests of this directory."""

from collections.abc import Iterator

import pytest

from tests.chart.rendered import template
from tests.kubernetes.api_server import ApiServer, api_server


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Load nothing here unless the run asks for it: the schemas of Kubernetes take a second."""
    return None if config.option.markexpr == "kubernetes" else True


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API server with the namespace `data` and the roles of the chart."""
    with api_server(tmp_path_factory.mktemp("kubernetes")) as made:
        for namespace in ("data", "training", "research"):
            made.kubectl("create", "namespace", namespace)
        roles = template("alluxio", "--show-only", "templates/gate.yaml")
        assert roles.returncode == 0, roles.stderr
        made.kubectl("apply", "--filename", "-", typed=roles.stdout)
        yield made
