"""
Second factors: codes that are accepted once, guessed slowly and moved nowhere.

A factor is enrolled, confirmed by a code of it, and verified at each log-in. Its
seed is sealed to its account, and one write decides what an attempt came to.
"""

from credguard.second_factor.enrollment import Enrollment
from credguard.second_factor.factor import NIST_SP_800_63B_4, Limits
from credguard.second_factor.results import Confirmed, Disabled, Verified
from credguard.second_factor.second_factors import SecondFactors
from credguard.second_factor.totp import (
    RFC_6238_DELAY,
    RFC_6238_DRIFT,
    STRICT,
    Window,
)

__all__ = [
    "NIST_SP_800_63B_4",
    "RFC_6238_DELAY",
    "RFC_6238_DRIFT",
    "STRICT",
    "Confirmed",
    "Disabled",
    "Enrollment",
    "Limits",
    "SecondFactors",
    "Verified",
    "Window",
]
