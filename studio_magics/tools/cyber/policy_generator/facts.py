"""What an organisation tells of itself: roles, data, what it uses, what binds it, its numbers."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from studio_magics.tools.cyber.frameworks import FrameworkName
from studio_magics.tools.typed_yaml import Described, nearest, read_described

FIELD = "facts"
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def _writable(text: str) -> str:
    if NOT_IN_XML.search(text):
        message = "a control character, which no Word document can hold"
        raise ValueError(message)
    return text


Name = Annotated[
    str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f<>]+$"), AfterValidator(_writable)
]
Text = Annotated[str, Field(min_length=1, max_length=1_500), AfterValidator(_writable)]
DataClass = Literal["public", "confidential", "personal", "health", "payment"]
Use = Literal[
    "cloud", "remote-work", "own-devices", "development", "office", "ai", "suppliers", "internet-services",
    "transactions",
]  # fmt: skip
Regulation = Literal["gdpr", "ccpa", "pci-dss", "hipaa", "nis2", "dora"]
PolicyName = Literal[
    "security", "people", "acceptable-use", "access", "data", "privacy", "cryptography", "operations",
    "network",
    "development", "incidents", "continuity", "suppliers", "premises",
]  # fmt: skip
NEEDS: Mapping[str, tuple[str, ...]] = {
    "gdpr": ("personal", "health"),
    "ccpa": ("personal", "health"),
    "hipaa": ("health",),
    "pci-dss": ("payment",),
}
"""Regulation → kinds of data of which one must be there."""


def _listed(value: Any) -> Any:
    """'a' is short for ['a']."""
    return [value] if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Roles(_Part):
    """Who answers for what; titles or names."""

    owner: Name = Field(description="Answers for security and owns the policies")
    approver: Name = Field(description="Approves policies and accepts risks; not the owner")
    it: Name | None = Field(default=None, description="Runs systems; default: the owner")
    privacy: Name | None = Field(default=None, description="Answers for privacy; default: the owner")
    people: Name | None = Field(default=None, description="Human resources; default: the owner")

    def of(self, role: str) -> str:
        """The name for a role; the owner where none is given."""
        return getattr(self, role, None) or self.owner


class Settings(_Part):
    """The numbers in the policies; clauses take them from here, so they cannot differ between policies."""

    password_min_characters: int = Field(default=14, ge=6, le=128, description="Characters")
    password_rotation_days: int = Field(default=0, ge=0, le=3_650, description="Days; 0: not by the calendar")
    session_lock_minutes: int = Field(default=10, ge=1, le=240, description="Minutes")
    access_review_months: int = Field(default=6, ge=1, le=60, description="Months")
    leaver_hours: int = Field(default=24, ge=1, le=2_000, description="Hours")
    awareness_months: int = Field(default=12, ge=1, le=60, description="Months")
    patch_critical_days: int = Field(default=7, ge=1, le=365, description="Days")
    patch_high_days: int = Field(default=30, ge=1, le=365, description="Days")
    patch_other_days: int = Field(default=90, ge=1, le=730, description="Days")
    scan_days: int = Field(default=30, ge=1, le=730, description="Days")
    log_days: int = Field(default=365, ge=1, le=3_650, description="Days logs are kept")
    pentest_months: int = Field(default=12, ge=1, le=60, description="Months")
    key_rotation_months: int = Field(default=12, ge=1, le=120, description="Months")
    backup_hours: int = Field(default=24, ge=1, le=2_000, description="Hours between backups")
    backup_days: int = Field(default=30, ge=1, le=3_650, description="Days backups are kept")
    restore_test_months: int = Field(default=3, ge=1, le=60, description="Months")
    rto_hours: int = Field(default=24, ge=1, le=8_760, description="Hours until what matters runs again")
    rpo_hours: int = Field(default=24, ge=1, le=8_760, description="Hours of data that may be lost")
    notice_hours: int = Field(default=72, ge=1, le=2_000, description="Hours until a breach is notified")
    triage_hours: int = Field(default=8, ge=1, le=240, description="Hours until a report is judged")
    exercise_months: int = Field(default=12, ge=1, le=60, description="Months between exercises")
    lessons_days: int = Field(default=14, ge=1, le=365, description="Days until an incident is reviewed")
    supplier_review_months: int = Field(default=12, ge=1, le=60, description="Months")
    personal_data_days: int = Field(default=730, ge=1, le=36_500, description="Days after the purpose ended")
    deletion_days: int = Field(
        default=30, ge=1, le=730, description="Days until data is really gone, copies too"
    )
    subject_request_days: int = Field(
        default=30, ge=1, le=365, description="Days until a request is answered"
    )


class OwnClause(_Part):
    """A clause of the organisation's own."""

    policy: PolicyName
    text: Text
    practices: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        default=(), max_length=10, description="What it does, in the words of the compliance auditor"
    )
    sets: dict[str, int] = Field(
        default_factory=dict[str, int],
        max_length=10,
        description="Settings it states, to find contradictions",
    )


class LeftOut(_Part):
    """A clause that is not wanted."""

    clause: Name
    reason: Text


class Facts(_Part):
    """The whole description."""

    name: Name
    staff: int = Field(ge=1, le=2_000_000, description="People who work here")
    roles: Roles
    approved: date = Field(ge=date(1990, 1, 1), le=date(2100, 1, 1), description="Day of approval, ISO")
    review_months: int = Field(default=12, ge=1, le=60, description="Months until the next review")
    frameworks: Annotated[tuple[FrameworkName, ...], BeforeValidator(_listed)] = Field(
        min_length=1, max_length=4, description="nist-csf-2.0, iso-27001, soc-2, cis-8.1"
    )
    cis_group: int = Field(
        default=1, ge=1, le=3, description="Implementation group of CIS: safeguards up to it"
    )
    regulations: Annotated[tuple[Regulation, ...], BeforeValidator(_listed)] = ()
    data: Annotated[tuple[DataClass, ...], BeforeValidator(_listed)] = Field(min_length=1, max_length=5)
    uses: Annotated[tuple[Use, ...], BeforeValidator(_listed)] = Field(default=(), max_length=9)
    settings: Settings = Settings()
    clauses: tuple[OwnClause, ...] = Field(default=(), max_length=100)
    leave_out: tuple[LeftOut, ...] = Field(default=(), max_length=60)

    @property
    def known(self) -> frozenset[str]:
        """Words that conditions of clauses may ask for."""
        implied = {"personal"} if "health" in self.data else set[str]()
        rotates = {"rotates-passwords"} if self.settings.password_rotation_days else set[str]()
        return frozenset({*self.data, *self.uses, *self.regulations, *implied, *rotates})


def read_facts(
    source: str | Mapping[str, Any], clauses: tuple[str, ...], practices: tuple[str, ...]
) -> Facts:
    """Read and check the facts; `clauses` and `practices` are the names that exist.

    Raises:
        InputRejected: A part is unknown, missing or out of bounds; owner,
        approver or day of approval is missing;
            a regulation for data that is not there; a clause, practice or setting that does not exist.
    """
    described = read_described(source, Facts, field=FIELD)
    _no_repeats(described)
    _regulations_fit(described)
    for number, one in enumerate(described.value.leave_out):
        if one.clause not in clauses:
            place = ("leave_out", number, "clause")
            described.reject(place, f"the clause '{one.clause}'", nearest(one.clause, clauses))
    for number, one in enumerate(described.value.clauses):
        for name in one.practices:
            if name not in practices:
                place = ("clauses", number, "practices")
                described.reject(place, f"the practice '{name[:60]}'", nearest(name, practices))
        for name in one.sets:
            if name not in Settings.model_fields:
                place = ("clauses", number, "sets", name)
                described.reject(
                    place, f"the setting '{name[:60]}'", nearest(name, list(Settings.model_fields))
                )
    return described.value


def _no_repeats(described: Described[Facts]) -> None:
    for key in ("frameworks", "regulations", "data", "uses"):
        listed = getattr(described.value, key)
        if len(set(listed)) < len(listed):
            described.reject((key,), f"one of the {key} twice", "each once")


def _regulations_fit(described: Described[Facts]) -> None:
    """What binds an organisation binds it because of some data.

    Raises:
        InputRejected: A regulation on data that is not there.
    """
    for one in described.value.regulations:
        kinds = NEEDS.get(one, ())
        if kinds and not set(kinds) & set(described.value.data):
            described.reject(
                ("regulations",), f"'{one}' applies, and there is no {' or '.join(kinds)} data",
                f"data: with {kinds[0]}, or no {one}", "Add the data, or leave the regulation out",
            )  # fmt: skip
