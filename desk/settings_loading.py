"""Loads the settings, and says what is wrong with them in sentences that never show a secret."""

import difflib
import os
from pathlib import Path
from typing import Any, Final

from dotenv.parser import parse_stream
from pydantic import SecretStr, ValidationError
from pydantic_settings.exceptions import SettingsError as ValueUnreadable

from desk.secret_key import read_or_make_key
from desk.settings import PREFIX, ROOT, Settings

ENV_FILE: Final = ROOT / ".env"
#: Read elsewhere: by the set-up, by Rasa's side, by tests and benchmarks.
OTHER_NAMES: Final = frozenset(
    {
        "SAPA_ACTIONS_URL",
        "SAPA_ENV_FILE",
        "SAPA_NLU_THREADS",
        "SAPA_NLU_VECTORS",
        "SAPA_NLU_VECTOR_CACHE",
        "SAPA_PARENT_PID",
        "SAPA_PYTHON310",
        "SAPA_RASA_LOG_LEVEL",
        "SAPA_RASA_MEND",
        "SAPA_TEST_POSTGRES_URL",
    }
)
_SECRET: Final = frozenset({"database_url"})


class SettingsError(Exception):
    """One or more settings are wrong; each problem is a sentence that says what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def used_env_file() -> Path:
    """Return the file of settings: ``.env``, or what SAPA_ENV_FILE names (tests name none)."""
    return Path(os.environ.get("SAPA_ENV_FILE") or ENV_FILE)


def load_settings(*, env_file: Path | None = None, split_roles: bool = False) -> Settings:
    """Return the settings with every secret in place; the key is made on the first run.

    Args:
        env_file: Where settings are read that the environment does not have.
        split_roles: Whether this process has only some roles, so that the key must be shared.

    Raises:
        SettingsError: A value is wrong, the file is, or the key cannot be kept.
    """
    settings = read_settings(env_file or used_env_file())
    key = settings.secret_key.get_secret_value()
    if not key and split_roles:
        raise SettingsError(
            "SAPA_SECRET_KEY must be set when the roles are split: give every process the same "
            "random characters, for example from `openssl rand -hex 32`."
        )
    return settings.with_secret_key(key or _kept_key(settings.secret_key_file))


def read_settings(env_file: Path | None = None) -> Settings:
    """Return the settings as they are given; no key is made, no secret derived.

    Raises:
        SettingsError: A value or the file is wrong.
    """
    env_file = env_file or used_env_file()
    _check_env_file(env_file)
    try:
        # mypy sees the fields as the only arguments.
        return Settings(_env_file=env_file)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError(*_sentences(error)) from None
    except ValueUnreadable as error:
        raise SettingsError(f"{error}.") from None


def unknown_names(env_file: Path | None = None) -> list[str]:
    """Return a sentence for every name in *env_file* that Sapa does not know."""
    env_file = env_file or used_env_file()
    known = {variable(name) for name in Settings.model_fields} | OTHER_NAMES
    sentences = []
    for name in sorted({key.upper() for key in _keys(env_file)} - known):
        if name.startswith(PREFIX):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; is {near[0]} meant?" if near else "."
            sentences.append(f"{env_file.name} sets {name}, which Sapa does not know{hint}")
    return sentences


def variable(field: str) -> str:
    """Return the environment's name of a field of `Settings`."""
    return f"{PREFIX}{field}".upper()


def _kept_key(path: Path) -> str:
    try:
        return read_or_make_key(path)
    except OSError as error:
        raise SettingsError(
            f"The secret key cannot be kept in {path} ({error.strerror}): make the folder "
            "writable, or set SAPA_SECRET_KEY or SAPA_VAR_DIR."
        ) from None
    except ValueError:
        raise SettingsError(
            f"{path} holds no key: restore it, or delete it to have a new one made "
            "(sessions and links made before then end)."
        ) from None


def _keys(env_file: Path) -> list[str]:
    if not env_file.is_file():
        return []
    with env_file.open(encoding="utf-8") as stream:
        return [binding.key for binding in parse_stream(stream) if binding.key]


def _check_env_file(env_file: Path) -> None:
    """Refuse lines that the reader would skip with no more than a warning."""
    if not env_file.exists():
        return
    try:
        with env_file.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except OSError as error:
        raise SettingsError(f"{env_file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file} is not UTF-8 text: save it as UTF-8.") from None
    broken = [b.original.line for b in bindings if b.error or (b.key and b.value is None)]
    if broken:
        raise SettingsError(
            *(f"{env_file.name}, line {line}: write it as NAME=value." for line in broken)
        )


def _sentences(error: ValidationError) -> list[str]:
    return [_sentence(problem) for problem in error.errors(include_url=False)]


def _sentence(problem: Any) -> str:
    if not problem["loc"]:  # two settings that do not fit together
        return str(problem["msg"]).removeprefix("Value error, ")
    field = str(problem["loc"][0])
    name = variable(field)
    expected = Settings.model_fields[field].description
    shown = "" if _is_secret(field) else f", not {problem['input']!r}"
    source = "the environment" if name in os.environ else ".env"
    return f"{name} must be {expected}{shown}: correct it in {source}."


def _is_secret(field: str) -> bool:
    default = Settings.model_fields[field].default
    return field in _SECRET or "token" in field or isinstance(default, SecretStr)
