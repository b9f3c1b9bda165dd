"""Which addresses are one client: an IPv4 address, or an IPv6 network of 64 bits. Pure. Run by web alone."""

from ipaddress import IPv6Address, ip_address


def peer_of(address: str) -> str:
    """Return what stands for the client at `address`. Any other text stands for itself."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(IPv6Address(int(known) >> 64 << 64))
    return address
