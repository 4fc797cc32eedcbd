"""
Which mail domains are served by the same mail exchangers. Pure.

A provider counts what comes to all its domains together, so that a rate is kept for
the group. The table names consumer services alone; who hosts a domain elsewhere is
not looked up: the operator adds such domains to a group, or makes one.

Source:
    Google, Email sender guidelines (personal accounts end in gmail.com or
    googlemail.com); Microsoft, Outlook.com Postmaster (Outlook.com, Hotmail.com,
    Live.com and MSN.com); Yahoo Sender Hub (Yahoo and AOL brands); Apple, iCloud
    Mail (icloud.com, me.com, mac.com). Groups change owners: it is configuration.
"""

import re
from collections.abc import Mapping

MAX_GROUP_CHARACTERS = 32
OTHERS = ""
"""The lane of all domains that belong to no named group."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": ("hotmail.*", "outlook.*", "live.*", "msn.*", "passport.com"),
    "yahoo": (
        "yahoo.*",
        "ymail.com",
        "rocketmail.com",
        "aol.*",
        "aim.com",
        "verizon.net",
        "sky.com",
    ),
    "apple": ("icloud.com", "me.com", "mac.com"),
    "gmx": ("gmx.*", "web.de", "mail.com"),
    "bt": ("btinternet.com", "btopenworld.com", "talk21.com"),
    "virgin": ("virginmedia.com", "virgin.net", "ntlworld.com", "blueyonder.co.uk"),
    "talktalk": ("talktalk.net", "tiscali.co.uk"),
    "orange": ("orange.fr", "wanadoo.fr"),
    "proton": ("proton.me", "protonmail.com", "pm.me"),
}
"""Domains by group; ``name.*`` is that name under any country's ending."""

_GROUP_NAME = re.compile(rf"[a-z][a-z0-9-]{{0,{MAX_GROUP_CHARACTERS - 1}}}", re.ASCII)
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:\.\*)?", re.ASCII)
# .com, .fr, .co.uk, .com.br: not live.somebody-else.com
_ANY_ENDING = re.compile(r"(?:com|net|org|[a-z]{2}|(?:co|com|net|org)\.[a-z]{2})")


def is_group_name(name: str) -> bool:
    """Return True if *name* can name a group: small letters, digits, hyphens."""
    return _GROUP_NAME.fullmatch(name) is not None


def is_pattern(domain: str) -> bool:
    """Return True if *domain* can stand in a group, such as a.example or yahoo.*."""
    return _DOMAIN.fullmatch(domain) is not None


class Lanes:
    """
    Finds the group of an address.

    Args:
        groups: Domains by group's name, beside or in place of those of `GROUPS`.
    """

    def __init__(self, groups: Mapping[str, tuple[str, ...]]) -> None:
        self.names = tuple(dict.fromkeys((*GROUPS, *groups)))
        self._exact: dict[str, str] = {}
        self._any: dict[str, str] = {}
        # What was configured comes last, and so wins.
        for name, domains in (*GROUPS.items(), *groups.items()):
            for domain in domains:
                stem, _, ending = domain.rpartition(".")
                if ending == "*":
                    self._any[stem] = name
                else:
                    self._exact[domain] = name

    def of(self, address: str) -> tuple[str, str]:
        """
        Return lane and group of a reachable address.

        Returns:
            The named group twice; or `OTHERS` and the domain, which is a group of
            its own.
        """
        domain = address.rpartition("@")[2].lower()
        found = self.of_domain(domain)
        return (found, found) if found else (OTHERS, domain)

    def of_domain(self, domain: str) -> str:
        """Return the lane of a domain in small letters."""
        found = self._exact.get(domain)
        if found is None:
            stem, _, ending = domain.partition(".")
            if stem in self._any and _ANY_ENDING.fullmatch(ending):
                found = self._any[stem]
        return found or OTHERS
