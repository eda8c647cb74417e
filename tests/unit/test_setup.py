"""The set-up: which Python is taken, and environments that are whole or built anew."""

import os
from pathlib import Path

import pytest

from desk.settings import Settings
from sapa.rasa_program import rasa_environment
from tools.environment import Environment
from tools.pythons import SetupError, find_rasa_python, version_of


def make_python(path: Path, answer: str) -> Path:
    """Write a program that answers as a Python of that version would, or fails as a shim does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    say = f"echo '{answer}'; echo {path}" if answer else "echo no version is set >&2; exit 127"
    path.write_text(f"#!/bin/sh\n{say}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no Python but those that a test makes."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    os.symlink("/bin/sh", _folder(tmp_path / "bin") / "sh")
    return tmp_path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_python_310_on_path_is_taken(machine):
    python = make_python(machine / "bin" / "python3.10", "3 10")
    assert find_rasa_python("no-uv") == str(python)


def test_a_shim_of_pyenv_that_does_not_run_is_passed_over(machine):
    make_python(machine / "bin" / "python3.10", "")
    python = make_python(machine / ".pyenv" / "versions" / "3.10.13" / "bin" / "python", "3 10")
    assert find_rasa_python("no-uv") == str(python)


def test_the_one_that_is_asked_for_goes_first(machine):
    make_python(machine / "bin" / "python3.10", "3 10")
    asked = make_python(machine / "opt" / "python", "3 10")
    assert find_rasa_python("no-uv", asked=str(asked)) == str(asked)


@pytest.mark.parametrize("answer", ["3 11", ""])
def test_one_that_is_asked_for_and_wrong_is_told_not_replaced(machine, answer):
    make_python(machine / "bin" / "python3.10", "3 10")
    asked = make_python(machine / "opt" / "python", answer)
    with pytest.raises(SetupError, match=r"which is not a Python 3\.10 that runs"):
        find_rasa_python("no-uv", asked=str(asked))


def test_no_python_310_is_no_python_310(machine):
    make_python(machine / "bin" / "python3.10", "3 11")
    assert find_rasa_python("no-uv") is None


def test_what_is_no_python_has_no_version(machine):
    assert version_of(str(machine / "nothing")) == (None, str(machine / "nothing"))


class Built:
    """An environment made of one lock file, with a fake interpreter and one package."""

    def __init__(self, folder: Path) -> None:
        self.lock = folder / "lock"
        self.lock.write_text("one==1\n")
        self.environment = Environment(str(folder / "env"), [str(self.lock)])
        self.started_with: list[bool] = []

    def fill(self) -> None:
        folder = self.environment.folder
        self.started_with.append((folder / "leftover").exists())
        make_python(Path(self.environment.python), "3 11")
        package = folder / "lib" / "python3.11" / "site-packages" / "one-1.dist-info"
        package.mkdir(parents=True, exist_ok=True)
        (package / "RECORD").touch()

    def build(self) -> None:
        self.environment.build("Building", self.fill)

    def build_interrupted(self) -> None:
        def fill() -> None:
            self.fill()
            (self.environment.folder / "leftover").touch()
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            self.environment.build("Building", fill)


@pytest.fixture
def built(tmp_path: Path) -> Built:
    return Built(tmp_path)


def test_an_environment_that_was_built_is_ready(built):
    assert not built.environment.is_ready()
    built.build()
    assert built.environment.is_ready()


def test_another_lock_file_needs_another_build(built):
    built.build()
    built.lock.write_text("one==2\n")
    assert not built.environment.is_ready()


def test_an_environment_that_lost_a_package_or_its_python_is_not_ready(built):
    built.build()
    record = next(built.environment.folder.rglob("RECORD"))
    record.unlink()
    assert not built.environment.is_ready()
    record.touch()
    Path(built.environment.python).unlink()
    assert not built.environment.is_ready()


def test_what_an_interrupted_build_left_is_thrown_away(built):
    built.build_interrupted()
    assert not built.environment.is_ready()
    built.build()
    assert built.started_with == [False, False]
    assert built.environment.is_ready()


def test_rasa_is_told_its_tokens_and_no_other_secret(monkeypatch):
    settings = Settings().with_secret_key("k" * 32)
    for name in ("SAPA_SECRET_KEY", "SAPA_DATABASE_URL", "SAPA_TELEGRAM_TOKEN"):
        monkeypatch.setenv(name, "rahasia")
    told = rasa_environment(settings)
    assert "rahasia" not in told.values()
    assert "k" * 32 not in told.values()
    assert told["SAPA_ACTIONS_URL"] == "http://127.0.0.1:5055/webhook"
    assert len({told["SAPA_RASA_TOKEN"], told["SAPA_ACTIONS_TOKEN"], ""}) == 3


def test_rasa_gives_up_on_an_action_while_the_gateway_still_waits_for_rasa(monkeypatch):
    monkeypatch.setenv("SAPA_ACTIONS_TIMEOUT", "14")
    told = rasa_environment(Settings(rasa_timeout=20))
    assert float(told["SAPA_ACTIONS_TIMEOUT"]) == 14
