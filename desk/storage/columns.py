"""Column types that behave alike on SQLite and PostgreSQL."""

import math
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

#: A 64-bit key that counts by itself; SQLite only counts columns declared INTEGER.
COUNTING_KEY = BigInteger().with_variant(Integer, "sqlite")

#: Neither database can hold these, yet anyone may send them.
_SURROGATES = re.compile("[\ud800-\udfff]")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in UTC; a time without zone is a mistake and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the stored time its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text from anywhere, without the characters that a database would choke on."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean the text."""
        return None if value is None else clean_text(value)


class Json(TypeDecorator[Any]):
    """Plain JSON values, cleaned like `Words`; an absent value is SQL's NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use PostgreSQL's binary JSON where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(JSON(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Clean every text inside."""
        return clean_json(value)


def clean_text(text: str) -> str:
    """Drop NUL and replace lone surrogates, which UTF-8 cannot write."""
    return _SURROGATES.sub("\ufffd", str(text).replace("\0", ""))


def clean_json(value: Any) -> Any:
    """Clean the texts in a JSON value; infinities and NaN become null."""
    match value:
        case str():
            return clean_text(value)
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {clean_text(key): clean_json(item) for key, item in value.items()}
        case list() | tuple():
            return [clean_json(item) for item in value]
    return value
