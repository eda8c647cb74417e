"""Routing: whose matter something is."""

from __future__ import annotations

from desk.domain.catalogue import Catalogue


def office_of_matter(
    catalogue: Catalogue, category: str | None, service: str | None
) -> str | None:
    """Return the office to which a matter goes by itself: by its category, else its service.

    None: the coordinators find one. The citizen is told this office even while the coordinators
    still stand in there, because nobody is registered or the matter is protected.
    """
    if category is not None:
        return catalogue.category(category).instansi
    return catalogue.service(service).instansi if service is not None else None
