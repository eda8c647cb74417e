"""Finds the Pythons that Sapa needs: 3.11 or newer for the app, 3.10 for Rasa."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from typing import Iterator, Sequence, Tuple

Version = Tuple[int, int]

APP_MINIMUM: Version = (3, 11)
RASA_VERSION: Version = (3, 10)

_ASK = "import sys; print(*sys.version_info[:2]); print(sys.executable)"


class SetupError(Exception):
    """The set-up cannot go on; the message is one sentence that says what to do."""


def version_of(command: str) -> tuple[Version | None, str]:
    """Return the version of a Python that really runs, and its path: pyenv's shims often fail."""
    try:
        answer = subprocess.run(  # noqa: S603 - our own candidates, no shell
            [command, "-c", _ASK], capture_output=True, text=True, timeout=20, check=True
        )
        version, path = answer.stdout.splitlines()[:2]
        major, minor = version.split()
        return (int(major), int(minor)), path
    except (OSError, ValueError, subprocess.SubprocessError):
        return None, command


def output_of(command: Sequence[str]) -> str | None:
    """Return what a command prints, or None when it fails or is missing."""
    if not command[0] or not shutil.which(command[0]):
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - fixed commands, no shell
            list(command), capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None


def _in_pyenv(version: Version) -> Iterator[str]:
    name = "%d.%d" % version
    prefix = output_of(["pyenv", "prefix", name])
    if prefix:
        yield os.path.join(prefix, "bin", "python")
    root = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    found = glob.glob(os.path.join(root, "versions", name + "*", "bin", "python"))
    yield from sorted(found, reverse=True)


def find_app_python(uv: str | None = None) -> str:
    """Return a Python of at least 3.11: this one, else another on PATH, in pyenv or from uv.

    Raises:
        SetupError: There is none.
    """
    if sys.version_info[:2] >= APP_MINIMUM:
        return sys.executable
    newer = [(3, minor) for minor in range(15, APP_MINIMUM[1] - 1, -1)]
    candidates = ["python%d.%d" % version for version in newer]
    candidates += [path for version in newer for path in _in_pyenv(version)]
    candidates += [output_of([uv or "", "python", "find", "--no-project", ">=3.11"]) or ""]
    for candidate in filter(None, candidates):
        version, path = version_of(candidate)
        if version and version >= APP_MINIMUM:
            return path
    raise SetupError(
        "Sapa needs Python 3.11 or newer, and this is %d.%d: install it and run "
        "`make PYTHON=/path/to/python3.11 ...`." % sys.version_info[:2]
    )


def find_rasa_python(uv: str, *, asked: str | None = None) -> str | None:
    """Return a Python 3.10 from *asked*, PATH, pyenv or uv, or None.

    Raises:
        SetupError: *asked* is not a Python 3.10.
    """
    if asked:
        version, path = version_of(asked)
        if version != RASA_VERSION:
            raise SetupError(
                "SAPA_PYTHON310 is %s, which is not a Python 3.10 that runs: correct it or "
                "leave it out." % asked
            )
        return path
    for candidate in ["python3.10", *_in_pyenv(RASA_VERSION)]:
        version, path = version_of(candidate)
        if version == RASA_VERSION:
            return path
    return output_of([uv, "python", "find", "--no-project", "--no-python-downloads", "3.10"])
