"""How values of the domain are kept as JSON: by their fields, those of no news left out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from cattrs.preconf.json import make_converter

T = TypeVar("T")

#: What another version wrote is read as far as it is known: other fields are passed over.
_converter: Final = make_converter(omit_if_default=True, detailed_validation=False)
# Times that are columns beside the JSON are no text.
_converter.register_structure_hook(
    datetime, lambda at, _: at if isinstance(at, datetime) else datetime.fromisoformat(at)
)


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
