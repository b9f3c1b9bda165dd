"""The setting of webhooks: which addresses avio may send to besides the public ones, and the rule that uses it.

Used by web, which refuses an address in a URL, and by the aggregator, which checks each address before it connects.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from avio.config.table import Table

Address = IPv4Address | IPv6Address

# A gateway translates these to the IPv4 address in their last 32 bits.
_NAT64 = ip_network("64:ff9b::/96")


def _split(given: Any) -> Any:
    """In the environment a list is written with commas."""
    return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given


def _are_networks(value: list[str]) -> list[str]:
    for text in value:
        try:
            ip_network(text, strict=False)
        except ValueError:
            raise ValueError(f"{text!r} is not an IP address or network, such as 10.0.0.0/8") from None
    return value


class WebhookSettings(Table):
    """Part of `avio.config.Settings`."""

    webhook_networks: Annotated[list[str], BeforeValidator(_split), AfterValidator(_are_networks)] = Field(
        [],
        description="Addresses or networks to which webhooks may go though they are not public, such as 10.0.0.0/8.",
    )


def is_allowed(text: str, networks: Iterable[str]) -> bool:
    """Return True if avio may send to the IP address `text`: it is public, or in one of `networks`.

    Loopback, private, link-local, multicast and reserved addresses are not public; so are IPv6 forms of such ones.
    """
    given = ip_address(text)
    means = list(_meanings(given))
    allowed = [ip_network(each, strict=False) for each in networks]
    if any(each in network for each in (given, *means) for network in allowed):
        return True
    return all(map(_is_public, means))


def _meanings(given: Address) -> Iterator[Address]:
    """Yield the addresses that packets to `given` reach: an IPv6 address may have one of IPv4 inside."""
    if isinstance(given, IPv4Address):
        yield given
    elif given.ipv4_mapped is not None:
        yield given.ipv4_mapped
    elif given in _NAT64:
        yield IPv4Address(int(given) & 0xFFFFFFFF)
    else:
        yield given
        if given.sixtofour is not None:
            yield given.sixtofour
        if given.teredo is not None:
            yield from given.teredo


def _is_public(address: Address) -> bool:
    refused = (
        address.is_private,
        address.is_loopback,
        address.is_link_local,
        address.is_multicast,
        address.is_reserved,
        address.is_unspecified,
        isinstance(address, IPv6Address) and (address.is_site_local or address.scope_id is not None),
    )
    return address.is_global and not any(refused)
