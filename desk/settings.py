"""Settings from the environment and ``.env``: every name, its default, and what it must be."""

import contextlib
import re
from collections.abc import Callable
from enum import StrEnum
from ipaddress import ip_network
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from desk.domain.working_time import OfficeHours
from desk.secret_key import MINIMUM_LENGTH, derive

ROOT: Final = Path(__file__).resolve().parent.parent
PREFIX: Final = "SAPA_"
LONGEST_BREAK: Final = 4
TELEGRAM_API: Final = "https://api.telegram.org"


class TelegramMode(StrEnum):
    """How updates come from Telegram."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class LogLevel(StrEnum):
    """The least severe line that is written."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _check_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or " " in value:
        raise ValueError("not a web address")
    _ = parts.port  # raises ValueError outside 0-65535
    return value.rstrip("/")


def _check_api_url(value: str) -> str:
    if value.rstrip("/").endswith("/bot"):
        raise ValueError("ends in /bot")
    return _check_url(value)


def _check_urls(value: str) -> str:
    addresses = [_check_url(part.strip()) for part in value.split(",") if part.strip()]
    if not addresses:
        raise ValueError("empty")
    return ",".join(dict.fromkeys(addresses))


def _check_networks(value: str) -> str:
    return ",".join(str(ip_network(part.strip())) for part in value.split(",") if part.strip())


def _check_database(value: str) -> str:
    """Give the URL its async driver, and a SQLite file a place that no working folder moves."""
    value = re.sub(r"^(postgres|postgresql)://", "postgresql+asyncpg://", value)
    value = re.sub(r"^sqlite://", "sqlite+aiosqlite://", value)
    if value.startswith("postgresql+asyncpg://"):
        return value
    file = value.removeprefix("sqlite+aiosqlite:///")
    if file == value or not file or file.startswith(":memory:"):
        raise ValueError("no database that is supported")
    return f"sqlite+aiosqlite:///{(ROOT / file).resolve()}"


def _check_break(value: str) -> str:
    span = OfficeHours.parse(value)
    if span.closes.hour - span.opens.hour > LONGEST_BREAK:
        raise ValueError("a break of half a day")
    return value


def _matching(pattern: str) -> Callable[[SecretStr | None], SecretStr | None]:
    def check(value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(pattern, value.get_secret_value()):
            raise ValueError("another form")
        return value

    return check


Port = Annotated[int, Field(ge=1, le=65535, description="a port number from 1 to 65535")]
Host = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9.:_-]+$"),
    Field(description="an IP address or host name to listen on, such as 127.0.0.1 or 0.0.0.0"),
]
Secret = Annotated[
    SecretStr,
    Field(min_length=MINIMUM_LENGTH, description=f"at least {MINIMUM_LENGTH} random characters"),
]
Token = Annotated[SecretStr, Field(min_length=8, description="at least 8 random characters")]
KeptDays = Annotated[int, Field(ge=1, le=36_500, description="a number of days, at least 1")]
Seconds = Annotated[float, Field(gt=0, le=600, description="a number of seconds, at most 600")]

Days = Annotated[int, Field(ge=1, le=250, description="a number of working days, 1 to 250")]
Break = Annotated[
    str,
    AfterValidator(_check_break),
    Field(description="from when to when, such as 12:00-13:00, at most four hours"),
]
Minutes = Annotated[int, Field(ge=1, le=1440, description="a number of minutes, at most 1440")]


class Settings(BaseSettings):
    """What a process of Sapa is told from outside; a description says what the value must be."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_default=False,
    )

    var_dir: Annotated[Path, Field(description="a folder that can be written")] = ROOT / "var"
    database_url: Annotated[
        str,
        AfterValidator(_check_database),
        Field(
            repr=False,
            description="sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER@HOST/DATABASE",
        ),
    ] = ""

    http_host: Host = "127.0.0.1"
    http_port: Port = 8080
    monitor_host: Host = "127.0.0.1"
    monitor_port: Port = 8081
    public_url: Annotated[
        str,
        AfterValidator(_check_url),
        Field(description="the address that citizens open, such as https://sapa.example.go.id"),
    ] = ""
    trusted_proxies: Annotated[
        str,
        AfterValidator(_check_networks),
        Field(description="addresses or networks such as 10.0.0.2 or 10.0.0.0/8, comma separated"),
    ] = ""

    rasa_url: Annotated[
        str,
        AfterValidator(_check_urls),
        Field(description="one or more addresses such as http://127.0.0.1:5005, comma separated"),
    ] = "http://127.0.0.1:5005"
    rasa_token: Token = SecretStr("")
    rasa_timeout: Seconds = 4.0

    actions_host: Host = "127.0.0.1"
    actions_port: Port = 5055
    actions_token: Token = SecretStr("")
    actions_timeout: Seconds = 3.0  #: for Rasa, which waits for our actions

    telegram_token: Annotated[
        SecretStr | None,
        AfterValidator(_matching(r"[0-9]+:[A-Za-z0-9_-]+")),
        Field(description="the token that @BotFather gave, such as 123456:ABC-DEF"),
    ] = None
    telegram_api_url: Annotated[
        str,
        AfterValidator(_check_api_url),
        Field(description="the address of the Bot API without the /bot part"),
    ] = TELEGRAM_API
    telegram_mode: Annotated[TelegramMode, Field(description="polling or webhook")] = (
        TelegramMode.POLLING
    )
    telegram_webhook_secret: Annotated[
        SecretStr,
        AfterValidator(_matching(r"[A-Za-z0-9_-]{1,256}")),
        Field(description="1 to 256 of A-Z, a-z, 0-9, _ and -"),
    ] = SecretStr("")
    officer_group_id: Annotated[
        int | None, Field(lt=0, description="the id of a group, such as -1001234567890")
    ] = None

    secret_key: Secret = SecretStr("")
    log_level: Annotated[LogLevel, Field(description="DEBUG, INFO, WARNING or ERROR")] = (
        LogLevel.INFO
    )
    flood_messages: Annotated[
        int, Field(ge=1, description="how many messages a minute of one citizen, at least 1")
    ] = 20
    days_verifikasi: Days = 3
    days_mulai: Days = 5
    days_penyelesaian: Days = 14
    days_pemeriksaan_lapangan: Days = 60
    days_tanggapan_warga: Days = 10
    days_informasi: Days = 5
    days_permohonan: Days = 3
    retention_raw_days: KeptDays = 14
    retention_unreadable_days: KeptDays = 30
    retention_messages_days: KeptDays = 180
    retention_officers_days: KeptDays = 90
    retention_notes_days: KeptDays = 180
    retention_tickets_days: KeptDays = 365
    retention_idle_days: KeptDays = 365
    retention_records_days: KeptDays = 1825
    retention_backups_days: KeptDays = 30
    handoff_remind_minutes: Minutes = 5
    handoff_supervisor_minutes: Minutes = 15
    handoff_warn_minutes: Minutes = 10
    handoff_requeue_minutes: Minutes = 20
    handoff_break: Break = ""
    handoff_break_friday: Break = ""
    log_json: Annotated[bool, Field(description="true or false")] = False

    @property
    def trusted_networks(self) -> tuple[str, ...]:
        """The networks of proxies whose word on a citizen's address counts."""
        return tuple(self.trusted_proxies.split(",")) if self.trusted_proxies else ()

    @property
    def rasa_urls(self) -> tuple[str, ...]:
        """The addresses of all Rasas."""
        return tuple(self.rasa_url.split(","))

    @property
    def actions_url(self) -> str:
        """Where Rasa finds our actions."""
        return f"http://{_reachable(self.actions_host)}:{self.actions_port}/webhook"

    @property
    def local_url(self) -> str:
        """The gateway's address for programs on this machine."""
        return f"http://{_reachable(self.http_host)}:{self.http_port}"

    @property
    def monitor_url(self) -> str:
        """Where this machine's programs ask whether the gateway is ready."""
        return f"http://{_reachable(self.monitor_host)}:{self.monitor_port}"

    @property
    def secret_key_file(self) -> Path:
        """Where the key is kept when none is given."""
        return self.var_dir / "secret-key"

    def with_secret_key(self, key: str) -> Self:
        """Fill in the key, and every token that was not given with one derived from it."""
        update: dict[str, SecretStr] = {"secret_key": SecretStr(key)}
        for name in ("rasa_token", "actions_token", "telegram_webhook_secret"):
            given: SecretStr = getattr(self, name)
            update[name] = given if given.get_secret_value() else SecretStr(derive(key, name))
        return self.model_copy(update=update)

    def derive(self, label: str) -> str:
        """Return a secret of its own for one purpose, such as signing the console's cookies."""
        return derive(self.secret_key.get_secret_value(), label)

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, data: Any) -> Any:
        if isinstance(data, dict):
            folder = data["var_dir"] = (ROOT / str(data.get("var_dir") or "var")).resolve()
            data.setdefault("database_url", f"sqlite+aiosqlite:///{folder / 'sapa.db'}")
            host, port = data.get("http_host", "127.0.0.1"), data.get("http_port", 8080)
            with contextlib.suppress(ValueError):  # told once, at the host or the port
                here = _check_url(f"http://{_reachable(str(host))}:{port}")
                data.setdefault("public_url", here)
            if isinstance(data.get("log_level"), str):
                data["log_level"] = data["log_level"].upper()
        return data

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        for one, other in combinations(("http", "actions", "monitor"), 2):
            port = getattr(self, f"{one}_port")
            if port == getattr(self, f"{other}_port"):
                raise ValueError(
                    f"SAPA_{one.upper()}_PORT and SAPA_{other.upper()}_PORT are both {port}: "
                    "give each a port of its own."
                )
        if self.actions_timeout >= self.rasa_timeout:
            raise ValueError(
                "SAPA_ACTIONS_TIMEOUT must be less than SAPA_RASA_TIMEOUT, which is "
                f"{self.rasa_timeout:g}: nobody waits for Rasa any longer than that."
            )
        for sooner, later in (("remind", "supervisor"), ("warn", "requeue")):
            first, then = (getattr(self, f"handoff_{name}_minutes") for name in (sooner, later))
            if first >= then:
                raise ValueError(
                    f"SAPA_HANDOFF_{later.upper()}_MINUTES must be more than "
                    f"SAPA_HANDOFF_{sooner.upper()}_MINUTES, which is {first}."
                )
        by_webhook = self.telegram_mode is TelegramMode.WEBHOOK and self.telegram_token is not None
        telegram = self.telegram_api_url == TELEGRAM_API
        if by_webhook and telegram and not self.public_url.startswith("https://"):
            raise ValueError(
                "SAPA_PUBLIC_URL must start with https:// when SAPA_TELEGRAM_MODE is webhook: "
                "Telegram calls no other address."
            )
        return self


def _reachable(host: str) -> str:
    """Return an address to call for an address to listen on."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not bound here
    return f"[{host}]" if ":" in host else host
