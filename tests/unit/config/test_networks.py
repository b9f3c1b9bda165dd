"""Which addresses a webhook may be sent to."""

import pytest

from avio.config import Settings
from avio.config.networks import is_allowed

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
CLOSED = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address: str) -> None:
    assert is_allowed(address, [])


@pytest.mark.parametrize("address", CLOSED)
def test_all_others_are_closed_in_every_form(address: str) -> None:
    assert not is_allowed(address, [])
    assert not is_allowed(address, ["192.168.7.0/24"])


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_a_network_of_the_setting_is_open_too(address: str) -> None:
    assert is_allowed(address, ["10.0.0.0/8"])
    assert is_allowed("fd00::7", ["fd00::/8"])


def test_the_setting_is_a_list_of_networks() -> None:
    assert Settings(webhook_networks="10.0.0.0/8, ::1").webhook_networks == ["10.0.0.0/8", "::1"]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is not an IP address or network"):
        Settings(webhook_networks=["intranet"])
