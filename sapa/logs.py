"""Log lines of ids and codes, without what could carry a person or a secret."""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final
from uuid import UUID

import structlog
from structlog.typing import Processor

#: They log addresses with tokens in them, or a line for every request.
_QUIET: Final = (
    "aiohttp.access",
    "aiosqlite",
    "alembic",
    "apscheduler",
    "asyncio",
    "hpack",
    "httpcore",
    "httpx",
    "PIL",
    "rasa_sdk",
    "sanic",
    "telegram",
)
_TOKENS: Final = (
    re.compile(r"(?<=bot)\d+:[A-Za-z0-9_-]+"),  # in a Bot API address
    re.compile(r"\b\d{6,}:[A-Za-z0-9_-]{20,}"),
    re.compile(r"(?<=[?&]token=)[^&\s\"']+"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),  # name and password in an address
)
#: Values that may be a person's words, name, number or place never reach a line.
_PERSONAL: Final = frozenset(
    {
        "address", "alamat", "body", "caption", "contact", "coordinates", "email", "first_name",
        "kontak", "last_name", "latitude", "location", "lokasi", "longitude", "message", "nama",
        "name", "nik", "payload", "phone", "reporter", "telepon", "text", "update", "username",
    }
)  # fmt: skip
#: Their messages hold paths, names and codes of the program, never what a person wrote.
_SAFE_ERRORS: Final = (AttributeError, ImportError, NameError, OSError, TimeoutError)
#: Anything else may hold what a person wrote.
_PLAIN: Final = (int, float, UUID, datetime, timedelta, type(None))

_Event = MutableMapping[str, Any]


def configure_logs(*, level: str = "INFO", as_json: bool = False) -> None:
    """Send structlog's and the standard library's lines to stderr, in one form and redacted."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        render_exception,
        redact,
        _renderer(as_json=as_json),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=after, foreign_pre_chain=before)
    )
    logging.raiseExceptions = False  # its own complaint would print a line's arguments as they are
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def redact(_logger: object, _method: str, event: _Event) -> _Event:
    """Take out tokens wherever they stand, and every value with a personal name."""
    for key, value in event.items():
        if key in _PERSONAL:
            event[key] = "[left out]"
        elif isinstance(value, str):
            event[key] = _without_tokens(value)
        elif not isinstance(value, _PLAIN):
            event[key] = f"[{type(value).__name__}]"
    return event


def render_exception(_logger: object, _method: str, event: _Event) -> _Event:
    """Write an exception as its type and its frames: messages may quote what a person wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_describe(error, error.__traceback__))
    return event


def _describe(error: BaseException, trace: TracebackType | None) -> list[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [*_describe(cause, cause.__traceback__), "led to"] if cause else []
    frames = traceback.extract_tb(trace)
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    message = f": {error}" if isinstance(error, _SAFE_ERRORS) else ""
    return [*lines, f"{type(error).__module__}.{type(error).__qualname__}{message}"]


def _without_tokens(text: str) -> str:
    for pattern in _TOKENS:
        text = pattern.sub("[secret]", text)
    return text


def _renderer(*, as_json: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
