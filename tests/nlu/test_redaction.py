"""No word of a citizen passes into a log line."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import pytest

from nlu.redaction import mark_redacted, redact_event, redact_record, where

SECRET = "nama saya Siti, NIK 7602"


def record(name: str, msg: object, *args: object, exc_info: Any = None) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "processor.py", 7, str(msg), args, exc_info)


def raised() -> BaseException:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    "event",
    [
        {"event": "message.parsing.failed", "user_text": SECRET},
        {"event": "processor.slots.log", "slot_values": SECRET, "event_info": SECRET},
        {"event": f"Failed to parse {SECRET}"},
        {"event": "x", "exc_info": raised(), "locals": {"text": SECRET}},
    ],
)
def test_structured_events_keep_their_name_only(event: MutableMapping[str, Any]) -> None:
    kept = redact_event(None, "error", dict(event))
    assert "Siti" not in str(kept)
    assert "event" in kept


def test_a_foreign_record_is_replaced_by_its_place_in_the_code() -> None:
    shown = redact_record(record("rasa.core.processor", "got %s", SECRET)).getMessage()
    assert shown == "rasa.core.processor:None:7 (redacted)"


def test_an_exception_is_named_by_type_and_line_without_message_or_locals() -> None:
    error = raised()
    info = (type(error), error, error.__traceback__)
    redacted = redact_record(record("rasa", "boom", exc_info=info))
    shown = logging.Formatter().format(redacted)
    assert "ValueError at test_redaction.py:" in shown
    assert "Siti" not in shown


def test_harmless_start_messages_and_our_own_lines_pass() -> None:
    starting = "Starting Rasa server on http://127.0.0.1:5005"
    assert redact_record(record("root", starting)).getMessage() == starting
    ours = redact_record(record("nlu.channel", "turn failed: %s", "no_model"))
    assert ours.getMessage() == "turn failed: no_model"


def test_a_line_redacted_by_structlog_passes_the_record_factory() -> None:
    line = mark_redacted(None, "error", '{"event": "x"}')
    shown = redact_record(logging.LogRecord("rasa", 40, "f", 1, line, None, None))
    assert shown.getMessage() == '{"event": "x"}'


def test_an_unknown_error_can_be_named_too() -> None:
    assert where(None) == "unknown"
    assert where(sys.exc_info()[1]) == "unknown"
