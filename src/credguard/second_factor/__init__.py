"""
Second factors: codes that are accepted once, guessed slowly and moved nowhere.

A factor is enrolled, confirmed by a code of it, and verified at each log-in. Its
seed is sealed to its account, and one write decides what an attempt came to.

Each name is loaded when it is first touched: `credguard.second_factor.totp` and
`credguard.second_factor.recovery` need the standard library and nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credguard.second_factor.device_rows import Device
    from credguard.second_factor.devices import Trusted, TrustedDevices
    from credguard.second_factor.enrollment import Enrollment
    from credguard.second_factor.events import EventKind, FactorEvent
    from credguard.second_factor.hashing import Argon2CodeHasher
    from credguard.second_factor.limits import NIST_SP_800_63B_4, Limits
    from credguard.second_factor.recovery import CodeHasher, RecoveryCodes
    from credguard.second_factor.repairing import Restored, WeakFactor
    from credguard.second_factor.resealing import Resealed
    from credguard.second_factor.results import Confirmed, Disabled, Means, Verified
    from credguard.second_factor.second_factors import SecondFactors
    from credguard.second_factor.totp import (
        RFC_6238_DELAY,
        RFC_6238_DRIFT,
        STRICT,
        Algorithm,
        Parameters,
        Window,
    )

__all__ = [
    "NIST_SP_800_63B_4",
    "RFC_6238_DELAY",
    "RFC_6238_DRIFT",
    "STRICT",
    "Algorithm",
    "Argon2CodeHasher",
    "CodeHasher",
    "Confirmed",
    "Device",
    "Disabled",
    "Enrollment",
    "EventKind",
    "FactorEvent",
    "Limits",
    "Means",
    "Parameters",
    "RecoveryCodes",
    "Resealed",
    "Restored",
    "SecondFactors",
    "Trusted",
    "TrustedDevices",
    "Verified",
    "WeakFactor",
    "Window",
]

_HOMES = {
    "device_rows": ("Device",),
    "devices": ("Trusted", "TrustedDevices"),
    "enrollment": ("Enrollment",),
    "events": ("EventKind", "FactorEvent"),
    "hashing": ("Argon2CodeHasher",),
    "limits": ("NIST_SP_800_63B_4", "Limits"),
    "recovery": ("CodeHasher", "RecoveryCodes"),
    "repairing": ("Restored", "WeakFactor"),
    "resealing": ("Resealed",),
    "results": ("Confirmed", "Disabled", "Means", "Verified"),
    "second_factors": ("SecondFactors",),
    "totp": (
        "RFC_6238_DELAY",
        "RFC_6238_DRIFT",
        "STRICT",
        "Algorithm",
        "Parameters",
        "Window",
    ),
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first touched (PEP 562)."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"credguard.second_factor.{home}"), name)
    message = f"module 'credguard.second_factor' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
