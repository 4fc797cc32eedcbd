"""
Second factors of other systems: read here, and put in force by `take_over`.

A reader takes rows, as many as there are, and yields each as a record that can
come in or as a refusal that says why not.
"""

from credguard.second_factor.takeover.allauth import AllauthSettings, read_allauth
from credguard.second_factor.takeover.authelia import read_authelia, read_authelia_yaml
from credguard.second_factor.takeover.discourse import (
    read_discourse,
    read_discourse_codes,
)
from credguard.second_factor.takeover.django_otp import (
    read_django_otp,
    read_django_otp_codes,
)
from credguard.second_factor.takeover.fernet import FernetKeys, read_fernet
from credguard.second_factor.takeover.files import (
    lines_of,
    rows_of_csv,
    rows_of_json,
    rows_of_uris,
)
from credguard.second_factor.takeover.flask_security import read_flask_security
from credguard.second_factor.takeover.foreign_hashes import ForeignHash
from credguard.second_factor.takeover.google import read_google
from credguard.second_factor.takeover.keycloak import read_keycloak
from credguard.second_factor.takeover.otpauth import read_otpauth
from credguard.second_factor.takeover.passlib_totp import read_passlib
from credguard.second_factor.takeover.plain import read_base32
from credguard.second_factor.takeover.records import Imported, Refused, Row
from credguard.second_factor.takeover.refusals import Reason, ReasonCode
from credguard.second_factor.takeover.tables import rows_of_table
from credguard.second_factor.takeover.warehouse import (
    read_warehouse,
    read_warehouse_codes,
)

__all__ = [
    "AllauthSettings",
    "FernetKeys",
    "ForeignHash",
    "Imported",
    "Reason",
    "ReasonCode",
    "Refused",
    "Row",
    "lines_of",
    "read_allauth",
    "read_authelia",
    "read_authelia_yaml",
    "read_base32",
    "read_discourse",
    "read_discourse_codes",
    "read_django_otp",
    "read_django_otp_codes",
    "read_fernet",
    "read_flask_security",
    "read_google",
    "read_keycloak",
    "read_otpauth",
    "read_passlib",
    "read_warehouse",
    "read_warehouse_codes",
    "rows_of_csv",
    "rows_of_json",
    "rows_of_table",
    "rows_of_uris",
]
