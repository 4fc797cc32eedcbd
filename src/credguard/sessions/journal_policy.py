"""What the log-in journal keeps, and for how long. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network

from credguard.errors import SetupError

MOST_DAYS = 366
MOST_SKEW_SECONDS = 300

_IPV4_BITS = 24  # a street's worth of customers
_IPV6_BITS = 48  # one customer's site at the least (RFC 6177)
_LONGEST_ADDRESS = 64  # characters; a scope id makes an IPv6 address longer than 45


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPolicy:
    """
    What the journal keeps of a log-in, beside the account and the time.

    A network address is never kept in clear: in 2018 somebody who had worked for a
    forum published its members' addresses.

    Args:
        retention_days: How long an entry is kept, from 1 to 366 days. Ninety cover
            the time until most faults are noticed.

        keeps_networks: True to keep the network of an address as well: its first 24
            bits, or 48 of IPv6.

        skew_seconds: By how much the clocks of web servers may differ, up to 300;
            windows are widened by it.

    Raises:
        SetupError: A number is out of its range.
    """

    retention_days: int = 90
    keeps_networks: bool = False
    skew_seconds: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.retention_days <= MOST_DAYS:
            message = f"the journal keeps entries for 1 to {MOST_DAYS} days"
            raise SetupError(message)
        if not 0 <= self.skew_seconds <= MOST_SKEW_SECONDS:
            message = "the clocks of web servers may differ by 0 to 300 seconds"
            raise SetupError(message)

    @property
    def retention(self) -> timedelta:
        """How long an entry is kept."""
        return timedelta(days=self.retention_days)

    @property
    def skew(self) -> timedelta:
        """By how much clocks may differ."""
        return timedelta(seconds=self.skew_seconds)

    def range_of(self, address: str) -> str | None:
        """Return the network to keep of *address*, None for none."""
        return network_range(address) if self.keeps_networks else None


def canonical(address: str) -> str | None:
    """Return a network address in its one form, None if it is none."""
    if len(address) > _LONGEST_ADDRESS:
        return None
    try:
        found = ip_address(address.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def network_range(address: str) -> str | None:
    """Return the first bits of an address as a network, None if it is none."""
    written = canonical(address)
    if written is None:
        return None
    is_short = isinstance(ip_address(written), IPv4Address)
    bits = _IPV4_BITS if is_short else _IPV6_BITS
    return str(ip_network(f"{written}/{bits}", strict=False))
