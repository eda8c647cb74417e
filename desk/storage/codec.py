"""How values of the domain are kept, as JSON or as rows: by their fields."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

from cattrs.preconf.json import make_converter

from desk.domain.presses.codec import pending_to_json, read_pending
from desk.domain.presses.pending import Pending
from desk.storage.tables import Base

T = TypeVar("T")


def _is_pending(field: object) -> bool:
    return field == Pending | None


#: What another version wrote is read as far as it is known: other fields are passed over.
_converter: Final = make_converter(omit_if_default=True, detailed_validation=False)
# Times that are columns beside the JSON are no text.
_converter.register_structure_hook(
    datetime, lambda at, _: at if isinstance(at, datetime) else datetime.fromisoformat(at)
)
# A question of another version is none.
_converter.register_unstructure_hook_func(
    _is_pending, lambda asked: None if asked is None else pending_to_json(asked)
)
_converter.register_structure_hook_func(_is_pending, lambda asked, _: read_pending(asked))


def to_json(value: object) -> dict[str, Any]:
    """Return a dataclass as plain JSON values, fields with their defaults left out."""
    written: dict[str, Any] = _converter.unstructure(value)
    return written


def read_json(value: Mapping[str, Any], of: type[T], **columns: Any) -> T:
    """Read back what `to_json` wrote; *columns* are fields that are kept beside it.

    Raises:
        ValueError: A word of a closed set is unknown.
        KeyError: A field without a default is missing.
    """
    return _converter.structure({**value, **columns}, of)


def read_row(row: Base, of: type[T]) -> T:
    """Read a value whose fields are columns of the row; other columns are passed over."""
    columns: Mapping[str, Any] = vars(row)
    if not columns.keys() >= _keys_of(type(row)):  # else what is not loaded would be a default
        columns = {key: getattr(row, key) for key in _keys_of(type(row))}
    return _converter.structure(columns, of)


@cache
def _keys_of(table: type[Base]) -> frozenset[str]:
    return frozenset(column.key for column in table.__table__.columns)
