"""Which addresses a host has, and which of them clipper connects to: those of the public internet."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection, Sequence

from clipper.errors import FetchFailed, Refused
from clipper.text import shorten

_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def addresses(name: str, port: int, allowed: Collection[str]) -> Sequence[str]:
    """Return the addresses of a host.

    Raises FetchFailed for a host that has none, Refused when one of them is not of the public internet and the host
    is not ``allowed`` by its name, or by name and port.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        said = error.strerror if isinstance(error, socket.gaierror) else "not a host name"
        raise FetchFailed(f"the host {shorten(name, 80)!r} was not found ({said})") from None
    every = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if name.lower() in allowed or f"{name.lower()}:{port}" in allowed:
        return every
    for address in every:
        if not is_public(address):
            raise Refused(
                f"the host {shorten(name, 80)!r} is private or local ({address}); "
                "name it in allow_hosts in [fetch] to allow it",
                lasting=False,
            )
    return every


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, addresses wrapped in IPv6 looked into."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.is_site_local or ip in _IPV4_COMPATIBLE:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast
