"""Routing: the default office when somebody sits there, a person's decision when not."""

import pytest

from desk.domain.routing import Route, route


@pytest.mark.parametrize(
    ("default", "protected", "external", "staffed", "expected"),
    [
        ("dinas_pu_mamuju", False, False, True, Route("dinas_pu_mamuju")),
        ("dinas_pu_mamuju", False, False, False, Route(None, to_coordinator=True)),
        (None, False, False, False, Route(None, to_coordinator=True)),
        (None, False, False, True, Route(None, to_coordinator=True)),
        (
            "pln_mamuju",
            False,
            True,
            False,
            Route("pln_mamuju", external=True, to_coordinator=True),
        ),
        ("inspektorat_mamuju", True, False, True, Route("inspektorat_mamuju", to_integrity=True)),
        ("inspektorat_mamuju", True, False, False, Route("inspektorat_mamuju", to_integrity=True)),
        (None, True, False, False, Route(None, to_integrity=True)),
        ("bpn_mamuju", True, True, False, Route("bpn_mamuju", external=True, to_integrity=True)),
    ],
)
def test_a_ticket_goes_to_those_who_may_see_and_handle_it(
    default, protected, external, staffed, expected
):
    assert route(default, protected, external, staffed) == expected
