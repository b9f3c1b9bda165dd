"""The settings of metrics: a token and its use go together, and nobody sees it."""

import pytest

from avio.config import load
from avio.errors import SettingsError

SECRET = "a secret of 16 characters"


@pytest.mark.parametrize(
    "environ",
    [
        {"AVIO_METRICS": "token"},
        {"AVIO_METRICS_TOKEN": SECRET},
        {"AVIO_METRICS": "off", "AVIO_METRICS_TOKEN": SECRET},
    ],
)
def test_a_token_without_its_use_and_the_other_way_round_are_refused(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load({"AVIO_CONFIG": "", **environ})

    assert ["metrics_token" in problem for problem in caught.value.problems] == [True]


def test_a_short_token_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"AVIO_METRICS": "token", "AVIO_METRICS_TOKEN": "short secret"})

    assert "short secret" not in str(caught.value.problems)


def test_a_token_is_not_shown() -> None:
    settings = load({"AVIO_METRICS": "token", "AVIO_METRICS_TOKEN": SECRET})

    assert SECRET not in repr(settings)
    assert settings.metrics_token is not None
    assert settings.metrics_token.get_secret_value() == SECRET
