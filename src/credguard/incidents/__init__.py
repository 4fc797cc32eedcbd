"""
Incidents: the 72-hour clock, what is known with its revisions, and who is told what.

The regulator's report, the public statement and the members' notices are made of the
same rows, so that they agree; what nobody has answered cannot be told.
"""

from credguard.incidents.fields import FIELDS, Field, Kind
from credguard.incidents.incident import Cohort, Incident, Measure, Revision, Sent
from credguard.incidents.incidents import Incidents
from credguard.incidents.regulator import Difference, Report

__all__ = [
    "FIELDS",
    "Cohort",
    "Difference",
    "Field",
    "Incident",
    "Incidents",
    "Kind",
    "Measure",
    "Report",
    "Revision",
    "Sent",
]
