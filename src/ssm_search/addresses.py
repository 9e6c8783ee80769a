"""Web addresses: what of them may be shown, who publishes there, which IP addresses are public."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

NOT_SHOWN = "(address not shown)"

_ADDRESS = re.compile(r"(?i)\s*(?:https?:|[a-z][\w+.-]+:/)")  # C:/ is a drive
_PUBLISHED = re.compile(
    r"\b(?:openreview|doi|acm|ieee|springer|sciencedirect|mdpi|nature|wiley|biorxiv"
    r"|aclanthology|aclweb|thecvf|ecva|mlr|neurips|nips|iclr|icml|aaai|ijcai|isca-archive|usenix)"
    r"\.\w+/"
)
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last four bytes
_GLOBAL_UNICAST = ip_network("2000::/3")  # all that IANA has given out of IPv6
# Global by IANA's registries or by Python 3.11's copy of them, and yet of one network alone: where
# clouds answer their machines, the old relays of 6to4, documentation.
_INSIDE = tuple(
    map(ip_network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "3fff::/20"))
)


def shown_source(source: str | Path) -> str:
    """A file as it is, or a web address as :func:`shown_address` gives it."""
    text = str(source)
    return shown_address(text) if _ADDRESS.match(text) else text


def shown_address(address: str) -> str:
    """``address`` as messages and files may have it: no user, password, query or fragment.

    ``NOT_SHOWN`` where a password with a "/" or "#" in it might be taken for something else.
    """
    try:
        parts = urlsplit(address)
        netloc, port = parts.netloc.rpartition("@")[2], parts.port
        rest = address.partition("://")[2].removeprefix(parts.netloc) if netloc else address
        if "@" in unquote(netloc) or ("@" in rest and (port is not None or not netloc)):
            return NOT_SHOWN
    except ValueError:
        return NOT_SHOWN
    shown = urlunsplit(parts._replace(netloc=netloc, query="", fragment=""))
    return "".join(filter(str.isprintable, shown))


def host_name(host: str) -> str:
    """One way to write a host: in lower case, no brackets, no last dot, IPs at their shortest."""
    host = host.strip("[]").rstrip(".").lower()
    with suppress(ValueError):
        return str(ip_address(host))
    return host


def is_ip(host: str) -> bool:
    """Whether ``host`` is an IP address as it is usually written; 2130706433 is none."""
    with suppress(ValueError):
        return bool(ip_address(host))
    return False


def is_of_this_machine(url: str) -> bool:
    """Whether an address names the machine that reads it: "localhost", or a loopback IP."""
    with suppress(ValueError):
        host = host_name(urlsplit(url).hostname or "")
        return host == "localhost" or (is_ip(host) and ip_address(host).is_loopback)
    return False


def is_public(ip: str) -> bool:
    """Whether an IP address, or the IPv4 address inside of it, is one of the public internet."""
    address = ip_address(ip.partition("%")[0])
    if isinstance(address, IPv6Address):
        inner = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
        address = address.ipv4_mapped or address.sixtofour or inner or address
    unicast = address.version == 4 or address in _GLOBAL_UNICAST
    inside = any(address in network for network in _INSIDE)
    return unicast and address.is_global and not (address.is_multicast or inside)


def is_published(address: str) -> bool:
    """Whether an address is that of a publisher, a conference or a repository of papers."""
    return _PUBLISHED.search(address.casefold()) is not None
