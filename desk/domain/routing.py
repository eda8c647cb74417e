"""Routing: which office a new ticket belongs to, and who must look at it by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """Where a ticket goes: with none of the flags set, straight to *office*."""

    office: str | None
    external: bool = False  #: not an office of the regency: referral, no clocks
    to_coordinator: bool = False
    to_integrity: bool = False  #: protected: handled by `integritas` instead


def route(
    category_default: str | None,
    category_protected: bool,
    agency_is_external: bool,
    has_officers: bool,
) -> Route:
    """Choose the way of a ticket from the default office of its category.

    Args:
        category_default: The category's office in the catalogue, if it has one.
        category_protected: Whether the ticket is protected, by category or by identity.
        agency_is_external: Whether that office is an *instansi luar*.
        has_officers: Whether officers are registered there.
    """
    external = category_default is not None and agency_is_external
    if category_protected:
        # Coordinators cannot see it, so a missing office is for `integritas` to fill in.
        return Route(category_default, external=external, to_integrity=True)
    if external:
        # Only a person may end a ticket as bukan_wewenang.
        return Route(category_default, external=True, to_coordinator=True)
    if category_default is None or not has_officers:
        return Route(None, to_coordinator=True)
    return Route(category_default)
