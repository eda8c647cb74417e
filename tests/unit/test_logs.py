"""Log lines carry ids and codes; secrets and personal data never get into one."""

import io
import json
import logging

import pytest
import structlog

from sapa.logs import configure_logs

TOKEN = "123456789:AAF-rahasia_rahasia_rahasia_rahasia"


@pytest.fixture
def lines(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    monkeypatch.setattr(logging, "raiseExceptions", True)  # put back after the test
    root, level = logging.getLogger(), logging.getLogger().level
    configure_logs(as_json=True)
    ours = root.handlers[0]
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(ours)
    root.setLevel(level)
    structlog.reset_defaults()


def test_the_standard_library_and_structlog_write_the_same_form(lines):
    logging.getLogger("desk").info("ticket %s moved", "MJU-1", extra={"action": "moved"})
    structlog.get_logger("desk").info("ticket MJU-1 moved", action="moved")
    first, second = lines()
    assert first.pop("timestamp") <= second.pop("timestamp")
    assert first == second
    assert first == {
        "event": "ticket MJU-1 moved",
        "action": "moved",
        "level": "info",
        "logger": "desk",
    }


@pytest.mark.parametrize("key", ["text", "name", "phone", "nik", "latitude", "payload"])
def test_values_with_a_personal_name_are_left_out(lines, key):
    logging.getLogger("desk").info("stored", extra={} if key == "name" else {key: "rahasia"})
    structlog.get_logger("desk").info("stored", **{key: "rahasia"})
    written = lines()
    assert "rahasia" not in str(written)
    assert written[-1][key] == "[left out]"


@pytest.mark.parametrize(
    "leak",
    [
        f"https://api.telegram.org/bot{TOKEN}/getMe",
        "http://127.0.0.1:8081/bot1:rahasia/getMe",
        f"token {TOKEN}",
        "http://127.0.0.1:5005/status?token=rahasia&x=1",
        "postgresql+asyncpg://desk:rahasia@db/sapa",
    ],
)
def test_tokens_and_passwords_are_taken_out_wherever_they_stand(lines, leak):
    logging.getLogger("desk").warning("failed at %s", leak)
    structlog.get_logger("desk").warning("failed", url=leak, urls=[leak])
    assert "rahasia" not in str(lines())


def test_values_that_are_not_simple_are_written_as_their_type(lines):
    structlog.get_logger("desk").info("stored", draft={"isi": "rahasia"})
    assert lines()[0]["draft"] == "[dict]"


def test_an_exception_is_written_without_its_message(lines):
    try:
        try:
            int("rahasia")
        except ValueError as error:
            raise RuntimeError("rahasia") from error
    except RuntimeError:
        logging.getLogger("desk").exception("turn failed")
    (line,) = lines()
    assert "rahasia" not in str(line)
    assert "builtins.ValueError" in line["exception"]
    assert line["exception"].endswith("builtins.RuntimeError")
    assert "test_logs.py" in line["exception"]


def test_messages_of_the_machine_are_kept(lines):
    try:
        open("/no/such/file")  # noqa: SIM115 - it does not open
    except OSError:
        logging.getLogger("desk").exception("backup failed")
    assert "No such file or directory" in lines()[0]["exception"]


@pytest.mark.parametrize("name", ["httpx", "telegram.ext", "aiohttp.access", "sanic.access"])
def test_libraries_that_write_a_line_for_every_request_are_quiet(lines, name):
    logging.getLogger(name).info("POST https://api.telegram.org/bot.../sendMessage")
    assert lines() == []
