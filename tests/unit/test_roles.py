"""Roles: who may see and do what, row by row."""

import pytest

from desk.domain.errors import LastAdminStays
from desk.domain.lifecycle import Actor
from desk.domain.roles import (
    PERMISSIONS,
    Grant,
    Permission,
    Role,
    actors_of,
    may,
    require_admin_left,
)

OWN, OTHER = "dinas_pu_mamuju", "dlh_mamuju"
#: Over which (office, protected) a permission is asked.
CASES = {
    "own": (OWN, False),
    "other": (OTHER, False),
    "unassigned": (None, False),
    "own protected": (OWN, True),
    "other protected": (OTHER, True),
    "unassigned protected": (None, True),
}
UNPROTECTED = {"own", "other", "unassigned"}
PROTECTED = set(CASES) - UNPROTECTED
ALL, NONE, OWN_ONLY, OWN_ANY = set(CASES), set(), {"own"}, {"own", "own protected"}

P, R = Permission, Role
EXPECTED = {
    P.ANSWER_CONVERSATIONS: {
        R.PETUGAS: {"own", "unassigned"},
        R.KOORDINATOR: UNPROTECTED,
        R.SUPERVISOR: OWN_ONLY,
        R.INTEGRITAS: PROTECTED,
    },
    P.SEE_TICKETS: {
        R.PETUGAS: OWN_ONLY,
        R.KOORDINATOR: UNPROTECTED,
        R.SUPERVISOR: OWN_ONLY,
        R.INTEGRITAS: PROTECTED,
    },
    P.SEE_OPEN_IDENTITY: {
        R.PETUGAS: OWN_ONLY,
        R.KOORDINATOR: UNPROTECTED,
        R.SUPERVISOR: OWN_ONLY,
        R.INTEGRITAS: PROTECTED,
    },
    P.OPEN_CONFIDENTIAL_IDENTITY: {},
    P.MOVE_TICKETS: {
        R.PETUGAS: OWN_ONLY,
        R.KOORDINATOR: UNPROTECTED,
        R.SUPERVISOR: OWN_ONLY,
        R.INTEGRITAS: PROTECTED,
    },
    P.PROPOSE_CATALOGUE: {
        R.PETUGAS: ALL,
        R.KOORDINATOR: ALL,
        R.SUPERVISOR: OWN_ANY,
        R.ADMIN: ALL,
    },
    P.EDIT_CATALOGUE: {R.KOORDINATOR: ALL, R.SUPERVISOR: OWN_ANY, R.ADMIN: ALL},
    P.MANAGE_OFFICERS: {R.SUPERVISOR: OWN_ANY, R.ADMIN: ALL},
    P.MANAGE_SYSTEM: {R.ADMIN: ALL},
    P.SEE_REPORTS: {
        R.PETUGAS: OWN_ANY,
        R.KOORDINATOR: ALL,
        R.SUPERVISOR: OWN_ANY,
        R.INTEGRITAS: PROTECTED,
        R.ADMIN: ALL,
        R.PIMPINAN: ALL,
    },
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_each_role_may_do_exactly_what_the_table_says(permission, role):
    grants = [Grant(role, OWN)]
    allowed = {
        name
        for name, (office, protected) in CASES.items()
        if may(grants, permission, office=office, protected=protected)
    }
    assert allowed == EXPECTED[permission].get(role, NONE)


def test_every_permission_has_a_row():
    assert set(PERMISSIONS) == set(Permission)


@pytest.mark.parametrize("role", Role)
def test_a_confidential_identity_is_opened_only_by_integritas_with_a_reason(role):
    asked = {
        reason: may(
            [Grant(role, OWN)], P.OPEN_CONFIDENTIAL_IDENTITY, protected=True, reason=reason
        )
        for reason in ("", "   ", "Perlu menghubungi saksi")
    }
    assert asked == {
        "": False,
        "   ": False,
        "Perlu menghubungi saksi": role is Role.INTEGRITAS,
    }


def test_one_person_may_do_what_any_of_the_roles_may():
    both = [Grant(R.PETUGAS, OWN), Grant(R.INTEGRITAS)]
    assert may(both, P.SEE_TICKETS, office=OWN)
    assert may(both, P.SEE_TICKETS, office=OTHER, protected=True)
    assert not may(both, P.SEE_TICKETS, office=OTHER)


def test_nobody_without_roles_may_do_anything():
    assert [p for p in Permission if may([], p, office=OWN)] == []


@pytest.mark.parametrize(
    ("grants", "office", "protected", "actors"),
    [
        ([Grant(R.PETUGAS, OWN)], OWN, False, {Actor.PETUGAS}),
        ([Grant(R.PETUGAS, OWN)], OTHER, False, set()),
        ([Grant(R.PETUGAS, OWN)], OWN, True, set()),
        ([Grant(R.KOORDINATOR)], None, False, {Actor.KOORDINATOR}),
        (
            [Grant(R.SUPERVISOR, OWN), Grant(R.KOORDINATOR)],
            OWN,
            False,
            {Actor.SUPERVISOR, Actor.KOORDINATOR},
        ),
        ([Grant(R.INTEGRITAS)], OWN, True, {Actor.INTEGRITAS}),
        ([Grant(R.INTEGRITAS)], OWN, False, set()),
        ([Grant(R.ADMIN), Grant(R.PIMPINAN)], OWN, False, set()),
    ],
)
def test_a_person_moves_a_ticket_only_in_roles_that_see_it(grants, office, protected, actors):
    assert actors_of(grants, office=office, protected=protected) == actors


def test_the_last_admin_cannot_leave():
    with pytest.raises(LastAdminStays):
        require_admin_left({"a"}, "a")


@pytest.mark.parametrize(("admins", "leaving"), [({"a", "b"}, "a"), ({"a"}, "b")])
def test_an_admin_may_leave_while_another_stays(admins, leaving):
    assert require_admin_left(admins, leaving) is None
