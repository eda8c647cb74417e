"""How presses and questions are stored: as JSON in which `kind` names the class."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cattrs.errors import ForbiddenExtraKeysError
from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from desk.domain.lifecycle import Status
from desk.domain.presses.citizens import CitizenPress
from desk.domain.presses.officers import OfficerPress
from desk.domain.presses.pending import OfficerPending, Pending
from desk.domain.ticket_form import CaseNote, TicketChange

Press = CitizenPress | OfficerPress


_converter = make_converter(
    omit_if_default=True, forbid_extra_keys=True, detailed_validation=False
)
_converter.register_structure_hook(
    TicketChange, lambda value, _: Status(value) if value in set(Status) else CaseNote(value)
)


def _read_moment(value: Any, _: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment


_converter.register_structure_hook(datetime, _read_moment)
for _union in (Press, Pending, OfficerPending):
    configure_tagged_union(_union, _converter, tag_name="kind")

#: What reading a stored value of another version raises.
_UNREADABLE: Final = (
    ForbiddenExtraKeysError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
)


def press_to_json(press: Press) -> dict[str, Any]:
    """Return a press as plain JSON values."""
    value: dict[str, Any] = _converter.unstructure(press, Press)
    return value


def read_press(value: Mapping[str, Any] | None) -> Press | None:
    """Read back what `press_to_json` wrote; None: it is of another version."""
    press: Press | None = _read(value, Press)
    return press


def pending_to_json(pending: Pending | OfficerPending) -> dict[str, Any]:
    """Return a question as plain JSON values."""
    asked = OfficerPending if isinstance(pending, OfficerPending) else Pending
    value: dict[str, Any] = _converter.unstructure(pending, asked)
    return value


def read_pending(value: Mapping[str, Any] | None) -> Pending | None:
    """Read a question to a citizen back; None: there is none, or it is of another version."""
    pending: Pending | None = _read(value, Pending)
    return pending


def read_officer_pending(value: Mapping[str, Any] | None) -> OfficerPending | None:
    """Read a question to an officer back; None: there is none, or it is of another version."""
    pending: OfficerPending | None = _read(value, OfficerPending)
    return pending


def _read(value: Mapping[str, Any] | None, of: Any) -> Any:
    if not isinstance(value, Mapping):
        return None
    try:
        return _converter.structure(value, of)
    except _UNREADABLE:
        return None
