"""The address of a client: that of its connection, or what a trusted proxy says. Used by web alone."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from flask import Flask, request


class Proxies:
    """The proxies in front of web. Nobody else is believed."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._networks = [ip_network(text, strict=False) for text in trusted]

    def trusts(self, address: str) -> bool:
        """Return True if `address` is that of a trusted proxy."""
        try:
            known = ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._networks)

    def client_of(self, address: str, forwarded: str) -> str:
        """Return the last address before the trusted proxies. `forwarded` is X-Forwarded-For, the client first."""
        for hop in reversed(forwarded.split(",")):
            if not self.trusts(address):
                break
            try:
                address = str(ip_address(hop.strip()))
            except ValueError:
                break
        return address


def register(app: Flask, proxies: Proxies) -> None:
    """Let every request have the address of its client, in the log too."""

    def name_client() -> None:
        named = proxies.client_of(request.remote_addr or "", ",".join(request.headers.getlist("X-Forwarded-For")))
        request.remote_addr = request.environ["REMOTE_ADDR"] = named

    app.before_request(name_client)
