"""Sets up the environments a make target needs: ``python3 -m tools.bootstrap [app] [rasa]``.

Safe to repeat, to interrupt and to run twice at once; the second time takes well under a second.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Iterator

from tools.environment import ROOT, STAMPS, Environment, heartbeat, run, say, uv_on_path
from tools.pythons import SetupError, find_app_python, find_rasa_python, output_of

UV_REQUIREMENTS = "tools/requirements-uv.txt"
RASA_LOCK = "requirements-rasa.lock"
NETWORK = "check the network and run make again"

TOOLS = Environment(".tools", [UV_REQUIREMENTS])
APP = Environment(".venv", ["uv.lock", "pyproject.toml"])
RASA = Environment(".venv-rasa", [RASA_LOCK])


def setting(name: str) -> str | None:
    """Return a setting of the environment or of ``.env``."""
    if os.environ.get(name):
        return os.environ[name]
    with contextlib.suppress(OSError):
        for line in (ROOT / ".env").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == name and value.strip():
                return value.strip().strip("\"'")
    return None


def provide_uv() -> str:
    """Return the pinned uv of ``.tools``, made now if it is missing."""
    uv = str(TOOLS.folder / "bin" / "uv")
    if TOOLS.is_ready():
        return uv
    python = find_app_python(uv_on_path())
    if output_of([python, "-c", "import ensurepip, venv; print('ok')"]) is None:
        on_path = uv_on_path()
        if on_path:
            return on_path
        raise SetupError(
            "%s cannot make virtual environments: install python3-venv "
            "(apt-get install python3-venv) or uv, and run make again." % python
        )

    def fill() -> None:
        run([python, "-m", "venv", str(TOOLS.folder)], failure="%s -m venv failed." % python)
        pip = [TOOLS.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(
            [*pip, "--require-hashes", "-r", UV_REQUIREMENTS],
            failure="uv could not be installed by pip: %s." % NETWORK,
        )

    TOOLS.build("Fetching uv into .tools", fill)
    return uv


def _chatter() -> list[str]:
    return [] if sys.stderr.isatty() else ["--quiet"]  # progress bars are for people


def provide_app(uv: str) -> None:
    """Make ``.venv`` what ``uv.lock`` says."""
    if APP.is_ready():
        return
    python = find_app_python(uv)
    APP.build(
        "Building .venv from uv.lock (about a minute)",
        lambda: run(
            [uv, *_chatter(), "sync", "--frozen", "--python", python],
            failure=".venv could not be built from uv.lock: %s." % NETWORK,
        ),
    )


def rasa_python(uv: str) -> str:
    """Return a Python 3.10, fetched by uv when the machine has none.

    Raises:
        SetupError: There is none, and uv could not fetch one.
    """
    asked = setting("SAPA_PYTHON310")
    found = find_rasa_python(uv, asked=asked)
    if found:
        return found
    missing = (
        "Rasa needs Python 3.10; there is none on PATH or in pyenv, and uv could not fetch one. "
        "Install it (for example: pyenv install 3.10) or set SAPA_PYTHON310=/path/to/python3.10, "
        "then run make again."
    )
    say("No Python 3.10 on this machine: fetching one with uv")
    with heartbeat("still fetching Python 3.10"):
        run([uv, "python", "install", "3.10"], failure=missing, quiet=True)
    found = find_rasa_python(uv)
    if not found:
        raise SetupError(missing)
    return found


def provide_rasa(uv: str, python: str) -> None:
    """Make ``.venv-rasa`` what its lock file says."""

    def fill() -> None:
        venv = [uv, "venv", "--quiet", "--allow-existing", "--no-project", "--python", python]
        run([*venv, str(RASA.folder)], failure=".venv-rasa could not be made with %s." % python)
        sync = [uv, *_chatter(), "pip", "sync", "--python", RASA.python, "--require-hashes"]
        run(
            [*sync, RASA_LOCK],
            failure=".venv-rasa could not be built from %s: %s." % (RASA_LOCK, NETWORK),
        )

    RASA.build("Building .venv-rasa from %s (2.5 GB, some minutes)" % RASA_LOCK, fill)


def set_up(wanted: list[str]) -> None:
    """Build what is wanted and missing, Python 3.10 looked for before the long steps."""
    missing = [e for n, e in (("app", APP), ("rasa", RASA)) if n in wanted and not e.is_ready()]
    if not missing:
        return
    uv = provide_uv()
    python = rasa_python(uv) if RASA in missing else ""
    if APP in missing:
        provide_app(uv)
    if RASA in missing:
        provide_rasa(uv, python)


@contextlib.contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait while another make sets up the same folder."""
    import fcntl

    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another make is setting up this folder: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(wanted: list[str]) -> int:
    """Set up from the command line; one sentence and a code when it cannot be done."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with one_at_a_time(STAMPS / "lock"):
            set_up(wanted or ["app", "rasa"])
    except SetupError as error:
        sys.stderr.write("\nError: %s\n" % error)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the next make goes on from here.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
