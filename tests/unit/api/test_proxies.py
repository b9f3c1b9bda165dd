"""Which address a request comes from, behind proxies."""

from avio.api.proxies import Proxies


def test_the_address_is_what_a_trusted_proxy_says() -> None:
    proxies = Proxies(["127.0.0.1", "10.0.0.0/8"])
    assert proxies.client_of("127.0.0.1", "203.0.113.5, 192.0.2.7, 10.1.1.1") == "192.0.2.7"
    assert proxies.client_of("127.0.0.1", "10.1.1.2, 10.1.1.1") == "10.1.1.2"
    assert proxies.client_of("192.0.2.7", "203.0.113.5") == "192.0.2.7", "nobody else is believed"
    assert proxies.client_of("127.0.0.1", "") == "127.0.0.1"
    assert proxies.client_of("127.0.0.1", "nonsense, 10.1.1.1") == "10.1.1.1"
    assert proxies.client_of("127.0.0.1", "2001:db8::1") == "2001:db8::1"
