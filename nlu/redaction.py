"""Keeps citizens' words out of every log line that Rasa and its libraries write.

Rasa logs message text, entity values and frame locals. A list of forbidden keys would miss
the next one, so this is an allow-list: only known-harmless keys and messages pass, everything
else is replaced by the place in the code it came from.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, TextIO

KEPT_KEYS = frozenset({"level", "timestamp", "action_name", "code", "model", "elapsed_ms"})
KEPT_MESSAGES = (
    "Starting Rasa server on",
    "Loading model",
    "Rasa server is up and running",
    "Starting worker",
    "Stopping worker",
)
OWN_LOGGERS = ("nlu", "__main__", "py.warnings")

ExcInfo = bool | tuple[Any, ...] | BaseException | None


class Redacted(str):
    """A log line that has been through redaction already."""

    __slots__ = ()


def where(error: BaseException | None, *, depth: int = 6) -> str:
    """Name an exception by type and code positions, never by its message or locals."""
    if error is None:
        return "unknown"
    frames = traceback.extract_tb(error.__traceback__)[-depth:]
    path = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
    cause = error.__cause__ or error.__context__
    because = f" because {type(cause).__name__}" if cause is not None else ""
    return f"{type(error).__name__}{because} at {path or 'unknown'}"


def _exception_of(exc_info: ExcInfo) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if len(exc_info) > 1 else None
    return sys.exc_info()[1] if exc_info else None


def redact_event(
    logger: object, name: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Structlog processor: keep the event's name and harmless keys, drop the rest."""
    kept: dict[str, Any] = {k: v for k, v in event_dict.items() if k in KEPT_KEYS}
    event = str(event_dict.get("event", ""))
    # Rasa's event names are dotted constants; a sentence may have a value formatted into it.
    kept["event"] = event if event and " " not in event and len(event) <= 80 else "redacted"
    error = _exception_of(event_dict.get("exc_info"))
    if error is not None:
        kept["error"] = where(error)
    return kept


def mark_redacted(logger: object, name: str, rendered: Any) -> Any:
    """Structlog's last processor: tell the record factory that this line is clean."""
    return Redacted(rendered) if isinstance(rendered, str) else rendered


def redact_record(record: logging.LogRecord) -> logging.LogRecord:
    """Replace a foreign record's message by its place in the code, in place."""
    error = _exception_of(record.exc_info)
    record.exc_info = None
    record.exc_text = None
    record.stack_info = None
    is_own = record.name.startswith(OWN_LOGGERS)
    message = record.msg if isinstance(record.msg, Redacted) else None
    if message is None and (is_own or str(record.msg).startswith(KEPT_MESSAGES)):
        message = Redacted(record.getMessage())
    if message is None:
        message = Redacted(f"{record.name}:{record.funcName}:{record.lineno} (redacted)")
    record.msg = message if error is None else Redacted(f"{message} [{where(error)}]")
    record.args = None
    return record


def _redacting_factory(
    original: Callable[..., logging.LogRecord],
) -> Callable[..., logging.LogRecord]:
    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        return redact_record(original(*args, **kwargs))

    make.redacting = True  # type: ignore[attr-defined]  # marks the function
    return make


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if issubclass(category, (DeprecationWarning, PendingDeprecationWarning)):
        return
    logging.getLogger("py.warnings").warning(
        "%s at %s:%s", category.__name__, os.path.basename(filename), lineno
    )


def _redact_structlog() -> None:
    import structlog

    processors = structlog.get_config()["processors"]
    if redact_event not in processors:
        # In place: loggers that were used before this line keep a reference to the list.
        processors.insert(0, redact_event)
        processors.append(mark_redacted)


def _report_uncaught(
    kind: type[BaseException], error: BaseException, trace: object | None = None
) -> None:
    logging.getLogger("nlu").critical("stopped by %s", where(error))


def install_redaction() -> None:
    """Redact structlog, logging, warnings and uncaught exceptions of this process."""
    _redact_structlog()
    factory = logging.getLogRecordFactory()
    if not getattr(factory, "redacting", False):
        logging.setLogRecordFactory(_redacting_factory(factory))
    warnings.showwarning = _show_warning
    sys.excepthook = _report_uncaught
