"""The tables that several domains share, in the order in which a person fills them."""

from __future__ import annotations

from qiantang.kernel.facts.schema import Table
from qiantang.registers.enterprise_years import ENTERPRISE_YEARS
from qiantang.registers.enterprises import ENTERPRISES, IDENTITIES
from qiantang.registers.events import EVENTS
from qiantang.registers.honours import HONOURS
from qiantang.registers.intellectual_property import INTELLECTUAL_PROPERTY
from qiantang.registers.organisations import ORGANISATIONS
from qiantang.registers.parcels import LEASES, PARCELS
from qiantang.registers.people import PEOPLE
from qiantang.registers.platforms import PLATFORMS
from qiantang.registers.projects import PROJECTS
from qiantang.registers.published import EVALUATIONS, PUBLISHED_FIGURES

REGISTERS: tuple[Table, ...] = (
    ENTERPRISES, ENTERPRISE_YEARS, PARCELS, LEASES, EVENTS, HONOURS, INTELLECTUAL_PROPERTY, IDENTITIES, PROJECTS,
    ORGANISATIONS, PEOPLE, PLATFORMS, EVALUATIONS, PUBLISHED_FIGURES,
)
"""Every shared table."""
