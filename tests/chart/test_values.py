"""Values that can't be: the chart refuses them before anything is installed, and says what to write."""

import pytest

from tests.chart.rendered import template

pytestmark = pytest.mark.chart


@pytest.mark.parametrize(
    ("values", "option", "words"),
    [
        ("alluxio", "supervisor.replica=3", "replica"),
        ("alluxio", "engine=memory", "engine"),
        ("alluxio", "database.existingSecret=", "database.existingSecret names the secret"),
        ("alluxio", "redis.existingSecret=", "redis.existingSecret names the secret"),
        ("alluxio", "gate.existingSecret=", "gate.existingSecret names the secret"),
        ("alluxio", "alluxio.masters=null", "engine alluxio needs alluxio.masters"),
        ("alluxio", "settings.database_url=x", "database_url"),
        ("alluxio", "ingress.host=", "ingress.host"),
        ("local", "supervisor.replicas=2", "set local.sharedTiers"),
        ("local", "local.tiers=null", "engine local needs local.mounts and local.tiers"),
        ("local", "local.mounts./data.options.secret_access_key=hush", "secret_access_key"),
    ],
)
def test_a_wrong_value_is_refused_by_name(values: str, option: str, words: str) -> None:
    run = template(values, "--set", option)

    assert run.returncode != 0
    assert words in run.stderr
    assert "hush" not in run.stderr
