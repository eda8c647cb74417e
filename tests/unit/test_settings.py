"""Settings: defaults that need nothing, and one clear sentence for every wrong value."""

import re
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from desk.bootstrap import open_desk
from desk.domain.working_time import WITA
from desk.secret_key import derive, read_or_make_key
from desk.settings import ROOT, Settings, TelegramMode
from desk.settings_loading import (
    OTHER_NAMES,
    SettingsError,
    load_settings,
    unknown_names,
    variable,
)

KEY = "k" * 32


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAPA_VAR_DIR", str(tmp_path / "var"))
    return tmp_path / ".env"


def problems(env_file: Path, text: str) -> tuple[str, ...]:
    env_file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(env_file=env_file)
    return caught.value.problems


def test_without_any_setting_everything_has_a_usable_value(env_file):
    settings = load_settings(env_file=env_file)
    var = env_file.parent / "var"
    assert settings.database_url == f"sqlite+aiosqlite:///{var / 'sapa.db'}"
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.rasa_urls == ("http://127.0.0.1:5005",)
    assert settings.actions_url == "http://127.0.0.1:5055/webhook"
    assert settings.telegram_token is None
    assert settings.telegram_mode == TelegramMode.POLLING


def test_the_default_database_is_in_the_project_whatever_the_working_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Settings().database_url == f"sqlite+aiosqlite:///{ROOT / 'var' / 'sapa.db'}"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://desk@db/sapa", "postgresql+asyncpg://desk@db/sapa"),
        ("postgres://desk@db/sapa", "postgresql+asyncpg://desk@db/sapa"),
        ("sqlite:////srv/sapa.db", "sqlite+aiosqlite:////srv/sapa.db"),
        ("sqlite+aiosqlite:///var/other.db", f"sqlite+aiosqlite:///{ROOT / 'var/other.db'}"),
    ],
)
def test_a_database_url_gets_its_async_driver_and_an_absolute_file(monkeypatch, given, used):
    monkeypatch.setenv("SAPA_DATABASE_URL", given)
    assert Settings().database_url == used


def test_the_environment_wins_over_the_file(env_file, monkeypatch):
    env_file.write_text("SAPA_HTTP_PORT=8081\nSAPA_ACTIONS_PORT=8091\n")
    monkeypatch.setenv("SAPA_HTTP_PORT", "8082")
    settings = load_settings(env_file=env_file)
    assert (settings.http_port, settings.actions_port) == (8082, 8091)


def test_an_empty_value_counts_as_not_set(env_file):
    env_file.write_text("SAPA_TELEGRAM_TOKEN=\nSAPA_HTTP_PORT=\n")
    settings = load_settings(env_file=env_file)
    assert (settings.telegram_token, settings.http_port) == (None, 8080)


def test_several_rasas_are_a_comma_separated_list(env_file):
    env_file.write_text("SAPA_RASA_URL=http://127.0.0.1:5005/, http://10.0.0.2:5005\n")
    settings = load_settings(env_file=env_file)
    assert settings.rasa_urls == ("http://127.0.0.1:5005", "http://10.0.0.2:5005")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("SAPA_HTTP_PORT=eight", "a port number from 1 to 65535, not 'eight'"),
        ("SAPA_HTTP_PORT=70000", "a port number from 1 to 65535, not '70000'"),
        ("SAPA_HTTP_HOST=http://x", "an IP address or host name to listen on"),
        ("SAPA_TRUSTED_PROXIES=proxy.internal", "addresses or networks such as 10.0.0.2"),
        ("SAPA_TRUSTED_PROXIES=10.0.0.1/8", "not '10.0.0.1/8'"),
        ("SAPA_MONITOR_HOST=http://x", "an IP address or host name to listen on"),
        ("SAPA_MONITOR_PORT=0", "a port number from 1 to 65535, not '0'"),
        ("SAPA_PUBLIC_URL=sapa.go.id", "the address that citizens open"),
        ("SAPA_RASA_URL=localhost:5005", "not 'localhost:5005'"),
        ("SAPA_RASA_URL=http://127.0.0.1:99999", "one or more addresses"),
        ("SAPA_RASA_TIMEOUT=0", "a number of seconds"),
        ("SAPA_DATABASE_URL=mysql://desk@db/sapa", "sqlite+aiosqlite:///FILE or postgresql"),
        ("SAPA_TELEGRAM_MODE=push", "polling or webhook, not 'push'"),
        ("SAPA_TELEGRAM_API_URL=http://127.0.0.1:8081/bot", "without the /bot part"),
        ("SAPA_OFFICER_GROUP_ID=petugas", "the id of a group, such as -1001234567890"),
        ("SAPA_LOG_LEVEL=loud", "DEBUG, INFO, WARNING or ERROR"),
        ("SAPA_LOG_JSON=maybe", "true or false, not 'maybe'"),
    ],
)
def test_a_wrong_value_is_told_in_a_sentence_with_its_name_and_what_is_expected(
    env_file, line, expected
):
    (problem,) = problems(env_file, line)
    assert problem.startswith(line.partition("=")[0] + " must be ")
    assert expected in problem
    assert problem.endswith(": correct it in .env.")


@pytest.mark.parametrize(
    "line",
    [
        "SAPA_TELEGRAM_TOKEN=rahasia token",
        "SAPA_TELEGRAM_WEBHOOK_SECRET=rahasia!",
        "SAPA_SECRET_KEY=rahasia",
        "SAPA_RASA_TOKEN=rahasi",
        "SAPA_DATABASE_URL=mysql://desk:rahasia@db/sapa",
    ],
)
def test_a_wrong_secret_is_told_without_showing_it(env_file, line):
    (problem,) = problems(env_file, line)
    assert problem.startswith(line.partition("=")[0])
    assert "rahasi" not in problem


def test_every_wrong_value_is_told_at_once(env_file):
    told = problems(env_file, "SAPA_HTTP_PORT=x\nSAPA_LOG_JSON=x\n")
    assert [problem.split()[0] for problem in told] == ["SAPA_HTTP_PORT", "SAPA_LOG_JSON"]


def test_two_parts_cannot_share_a_port(env_file):
    (problem,) = problems(env_file, "SAPA_HTTP_PORT=5055")
    assert problem == (
        "SAPA_HTTP_PORT and SAPA_ACTIONS_PORT are both 5055: give each a port of its own."
    )


def test_rasa_must_not_wait_for_an_action_longer_than_it_is_waited_for(env_file):
    (problem,) = problems(env_file, "SAPA_ACTIONS_TIMEOUT=4")
    assert problem == (
        "SAPA_ACTIONS_TIMEOUT must be less than SAPA_RASA_TIMEOUT, which is 4: "
        "nobody waits for Rasa any longer than that."
    )


def test_proxies_are_a_comma_separated_list_of_addresses_and_networks(env_file):
    assert load_settings(env_file=env_file).trusted_networks == ()
    env_file.write_text("SAPA_TRUSTED_PROXIES=10.0.0.2, fd00::/8 ,\n")
    assert load_settings(env_file=env_file).trusted_networks == ("10.0.0.2/32", "fd00::/8")


def test_monitors_have_a_port_of_their_own_on_this_machine_alone(env_file):
    settings = load_settings(env_file=env_file)
    assert settings.monitor_url == "http://127.0.0.1:8081"
    (problem,) = problems(env_file, "SAPA_HTTP_PORT=8081")
    assert problem == (
        "SAPA_HTTP_PORT and SAPA_MONITOR_PORT are both 8081: give each a port of its own."
    )


@pytest.mark.parametrize("told", ["12:00", "13:00-12:00", "siang", "08:00-16:00"])
def test_a_break_that_is_none_is_told(env_file, told):
    (problem,) = problems(env_file, f"SAPA_HANDOFF_BREAK={told}")
    assert "such as 12:00-13:00" in problem


def test_officers_rest_from_monday_to_thursday_and_longer_on_friday(env_file):
    env_file.write_text("SAPA_HANDOFF_BREAK=12:00-13:00\nSAPA_HANDOFF_BREAK_FRIDAY=11:30-13:00\n")
    tools = open_desk(load_settings(env_file=env_file)).tools
    friday = datetime(2026, 11, 27, 11, 45, tzinfo=WITA)
    assert [tools.duty.is_open(friday - timedelta(days=days)) for days in (0, 1)] == [False, True]
    assert tools.calendar.is_open(friday)


def test_telegram_calls_back_only_a_secure_address(env_file):
    (problem,) = problems(env_file, "SAPA_TELEGRAM_MODE=webhook\nSAPA_TELEGRAM_TOKEN=1:a\n")
    assert problem.startswith("SAPA_PUBLIC_URL must start with https://")


def test_a_bot_api_server_of_our_own_may_call_back_without_tls(env_file):
    env_file.write_text(
        "SAPA_TELEGRAM_MODE=webhook\nSAPA_TELEGRAM_TOKEN=1:a\n"
        "SAPA_TELEGRAM_API_URL=http://127.0.0.1:8081\n"
    )
    assert load_settings(env_file=env_file).telegram_mode == TelegramMode.WEBHOOK


@pytest.mark.parametrize("text", ["SAPA_HTTP_PORT\n", "=8080\n"])
def test_a_line_that_is_no_setting_is_told_with_its_number(env_file, text):
    assert problems(env_file, f"# ports\n{text}") == (".env, line 2: write it as NAME=value.",)


def test_a_misspelt_name_is_told_with_the_one_that_is_meant(env_file):
    env_file.write_text("SAPA_TELEGRM_TOKEN=1:a\nOTHER=1\nSAPA_HTTP_PORT=1\n")
    assert unknown_names(env_file) == [
        ".env sets SAPA_TELEGRM_TOKEN, which Sapa does not know; is SAPA_TELEGRAM_TOKEN meant?"
    ]


def test_the_key_is_made_once_and_only_its_owner_can_read_it(env_file):
    first = load_settings(env_file=env_file)
    second = load_settings(env_file=env_file)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key.get_secret_value()) == 64
    assert stat.S_IMODE(first.secret_key_file.stat().st_mode) == 0o600


def test_a_key_file_without_a_key_is_told_and_kept(env_file):
    path = env_file.parent / "var" / "secret-key"
    path.parent.mkdir()
    path.write_text("")
    (problem,) = problems(env_file, "")
    assert problem.startswith(f"{path} holds no key")
    assert path.read_text() == ""


def test_a_key_that_is_there_already_is_never_replaced(tmp_path):
    path = tmp_path / "secret-key"
    path.write_text(KEY)
    path.chmod(0o644)
    assert read_or_make_key(path) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_tokens_that_are_not_given_come_from_the_key_each_its_own(env_file):
    env_file.write_text(f"SAPA_SECRET_KEY={KEY}\n")
    settings = load_settings(env_file=env_file)
    tokens = [settings.rasa_token, settings.actions_token, settings.telegram_webhook_secret]
    values = {token.get_secret_value() for token in tokens}
    assert len(values | {KEY, settings.derive("sessions")}) == 5
    assert load_settings(env_file=env_file).rasa_token == settings.rasa_token
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in values)


def test_a_token_that_is_given_is_used(env_file):
    env_file.write_text("SAPA_RASA_TOKEN=shared-with-rasa\n")
    assert load_settings(env_file=env_file).rasa_token.get_secret_value() == "shared-with-rasa"


def test_another_key_gives_other_secrets():
    assert derive("a" * 32, "sessions") != derive("b" * 32, "sessions")


def test_split_roles_need_a_key_that_is_given(env_file):
    with pytest.raises(SettingsError, match="SAPA_SECRET_KEY must be set"):
        load_settings(env_file=env_file, split_roles=True)


def test_no_secret_shows_when_settings_are_printed(env_file):
    env_file.write_text(
        f"SAPA_SECRET_KEY={KEY}\nSAPA_TELEGRAM_TOKEN=1:rahasia\n"
        "SAPA_DATABASE_URL=postgresql://desk:rahasia@db/sapa\n"
    )
    printed = repr(load_settings(env_file=env_file))
    assert "rahasia" not in printed
    assert KEY not in printed


READ = ("*.py", "*.md", "*.yml", "Makefile", ".env.example")
FOLDERS = (
    "sapa",
    "desk",
    "bot",
    "web",
    "actions",
    "nlu",
    "simulator",
    "tools",
    "benchmarks",
    "docs",
)


def names_in_use() -> set[str]:
    """Return every SAPA_ name that the project reads, sets or speaks of."""
    files = [ROOT / "tests" / "conftest.py"]
    files += [path for pattern in READ for path in ROOT.glob(pattern)]
    for folder in (*FOLDERS, "tests/e2e", "tests/integration", "tests/nlu"):
        files += [path for pattern in READ for path in (ROOT / folder).rglob(pattern)]
    lists_them = ROOT / "desk" / "settings_loading.py"
    written = (path.read_text(encoding="utf-8") for path in files if path != lists_them)
    names = {name for text in written for name in re.findall(r"\bSAPA_[A-Z0-9_]+", text)}
    return {name for name in names if not name.endswith("_")}  # the beginning of several


def test_every_name_that_is_used_anywhere_is_known_and_no_other(env_file):
    used = names_in_use()
    env_file.write_text("".join(f"{name}=1\n" for name in used))
    assert unknown_names(env_file) == []
    assert {variable(field) for field in Settings.model_fields} | OTHER_NAMES == used


def test_the_example_file_names_every_setting_and_no_other():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^# (SAPA_[A-Z0-9_]+)=", example, flags=re.MULTILINE))
    assert named - OTHER_NAMES == {variable(field) for field in Settings.model_fields}
