"""Roles of officers: what each may see and do, as one table."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desk.domain.errors import LastAdminStays
from desk.domain.lifecycle import Actor


class Role(StrEnum):
    """What an officer is to the desk; one person may be several."""

    PETUGAS = "petugas"
    KOORDINATOR = "koordinator"
    SUPERVISOR = "supervisor"
    INTEGRITAS = "integritas"
    ADMIN = "admin"
    PIMPINAN = "pimpinan"


class Permission(StrEnum):
    """What somebody may want to do."""

    ANSWER_CONVERSATIONS = "menjawab percakapan"
    SEE_TICKETS = "melihat tiket"
    SEE_OPEN_IDENTITY = "melihat identitas terbuka"
    OPEN_CONFIDENTIAL_IDENTITY = "membuka identitas rahasia"
    MOVE_TICKETS = "memindahkan tiket"
    PROPOSE_CATALOGUE = "mengusulkan isi katalog"
    EDIT_CATALOGUE = "mengubah isi katalog"
    MANAGE_OFFICERS = "mengelola petugas"
    MANAGE_SYSTEM = "mengelola sistem"
    SEE_REPORTS = "melihat laporan"


class Scope(StrEnum):
    """Over what a role has a permission."""

    ALL = "all"
    ALL_UNPROTECTED = "all but protected"
    OWN_OFFICE = "own office"
    OWN_OFFICE_UNPROTECTED = "own office, no protected"
    OWN_OFFICE_OR_UNASSIGNED = "own office + unassigned, no protected"
    PROTECTED = "protected"
    PROTECTED_WITH_REASON = "protected, with a written reason"
    PROTECTED_COUNTS = "protected: counts only"


_R, _P, _S = Role, Permission, Scope

#: A role that is not named has no such permission.
PERMISSIONS: Final[Mapping[Permission, Mapping[Role, Scope]]] = {
    _P.ANSWER_CONVERSATIONS: {
        _R.PETUGAS: _S.OWN_OFFICE_OR_UNASSIGNED,
        _R.KOORDINATOR: _S.ALL_UNPROTECTED,
        _R.SUPERVISOR: _S.OWN_OFFICE_UNPROTECTED,
        _R.INTEGRITAS: _S.PROTECTED,
    },
    _P.SEE_TICKETS: {
        _R.PETUGAS: _S.OWN_OFFICE_UNPROTECTED,
        _R.KOORDINATOR: _S.ALL_UNPROTECTED,
        _R.SUPERVISOR: _S.OWN_OFFICE_UNPROTECTED,
        _R.INTEGRITAS: _S.PROTECTED,
    },
    # An identity is part of a ticket: "yes" in the rules means of the tickets one may see.
    _P.SEE_OPEN_IDENTITY: {
        _R.PETUGAS: _S.OWN_OFFICE_UNPROTECTED,
        _R.KOORDINATOR: _S.ALL_UNPROTECTED,
        _R.SUPERVISOR: _S.OWN_OFFICE_UNPROTECTED,
        _R.INTEGRITAS: _S.PROTECTED,
    },
    _P.OPEN_CONFIDENTIAL_IDENTITY: {_R.INTEGRITAS: _S.PROTECTED_WITH_REASON},
    _P.MOVE_TICKETS: {
        _R.PETUGAS: _S.OWN_OFFICE_UNPROTECTED,
        _R.KOORDINATOR: _S.ALL_UNPROTECTED,
        _R.SUPERVISOR: _S.OWN_OFFICE_UNPROTECTED,
        _R.INTEGRITAS: _S.PROTECTED,
    },
    _P.PROPOSE_CATALOGUE: {
        _R.PETUGAS: _S.ALL,
        _R.KOORDINATOR: _S.ALL,
        _R.SUPERVISOR: _S.OWN_OFFICE,
        _R.ADMIN: _S.ALL,
    },
    _P.EDIT_CATALOGUE: {
        _R.KOORDINATOR: _S.ALL,
        _R.SUPERVISOR: _S.OWN_OFFICE,
        _R.ADMIN: _S.ALL,
    },
    _P.MANAGE_OFFICERS: {_R.SUPERVISOR: _S.OWN_OFFICE, _R.ADMIN: _S.ALL},
    _P.MANAGE_SYSTEM: {_R.ADMIN: _S.ALL},
    _P.SEE_REPORTS: {
        _R.PETUGAS: _S.OWN_OFFICE,
        _R.KOORDINATOR: _S.ALL,
        _R.SUPERVISOR: _S.OWN_OFFICE,
        _R.INTEGRITAS: _S.PROTECTED_COUNTS,
        _R.ADMIN: _S.ALL,
        _R.PIMPINAN: _S.ALL,
    },
}


@dataclass(frozen=True)
class Grant:
    """One role of a person, in an office where the role belongs to one."""

    role: Role
    office: str | None = None


def may(
    grants: Iterable[Grant],
    permission: Permission,
    *,
    office: str | None = None,
    protected: bool = False,
    reason: str = "",
) -> bool:
    """Say whether any of a person's *grants* gives *permission*.

    Args:
        grants: All roles of the person.
        permission: What the person wants to do.
        office: The office of the ticket, conversation, entry or report; None: unassigned.
        protected: Whether the ticket or conversation is protected.
        reason: The written reason for opening a confidential identity.
    """
    scopes = PERMISSIONS[permission]
    return any(
        _covers(scopes[grant.role], grant, office, protected, reason)
        for grant in grants
        if grant.role in scopes
    )


def actors_of(grants: Iterable[Grant], *, office: str | None, protected: bool) -> frozenset[Actor]:
    """Return in which capacities a person may move the ticket of *office*."""
    scopes = PERMISSIONS[Permission.MOVE_TICKETS]
    return frozenset(
        Actor(grant.role.value)
        for grant in grants
        if grant.role in scopes and _covers(scopes[grant.role], grant, office, protected)
    )


def require_admin_left(admins: Collection[Hashable], leaving: Hashable) -> None:
    """Let *leaving* stop being an admin only when another one stays.

    Raises:
        LastAdminStays: There would be no admin left.
    """
    if leaving in admins and not set(admins) - {leaving}:
        raise LastAdminStays


def _covers(
    scope: Scope, grant: Grant, office: str | None, protected: bool, reason: str = ""
) -> bool:
    own = office is not None and grant.office == office
    return {
        Scope.ALL: True,
        Scope.ALL_UNPROTECTED: not protected,
        Scope.OWN_OFFICE: own,
        Scope.OWN_OFFICE_UNPROTECTED: own and not protected,
        Scope.OWN_OFFICE_OR_UNASSIGNED: (own or office is None) and not protected,
        Scope.PROTECTED: protected,
        Scope.PROTECTED_WITH_REASON: protected and bool(reason.strip()),
        Scope.PROTECTED_COUNTS: protected,
    }[scope]
