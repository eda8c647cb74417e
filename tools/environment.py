"""Builds one environment from its lock file, once: a stamp by content makes repeats instant."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Callable, Iterator, Sequence

from tools.pythons import SetupError, version_of

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / "var" / "setup"
TETHER = str(ROOT / "sapa" / "tether.py")


def say(text: str) -> None:
    """Write a progress line."""
    sys.stderr.write("==> %s\n" % text)
    sys.stderr.flush()


@contextlib.contextmanager
def heartbeat(text: str, *, every_s: float = 10.0) -> Iterator[None]:
    """Show where a long step is, with its seconds, when no terminal draws its own progress."""
    started, stop = time.monotonic(), threading.Event()

    def beat() -> None:
        while not stop.wait(every_s):
            say("%s (%.0f s)" % (text, time.monotonic() - started))

    thread = threading.Thread(target=beat, daemon=True)
    if not sys.stderr.isatty():
        thread.start()
    try:
        yield
    finally:
        stop.set()


def run(command: Sequence[str], *, failure: str, quiet: bool = False) -> None:
    """Run a step that ends with us; *quiet* when its complaints would hide our sentence.

    Raises:
        SetupError: It failed; *failure* says what to do.
    """
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment["UV_PROJECT_ENVIRONMENT"] = str(ROOT / ".venv")
    tethered = [sys.executable, TETHER, str(os.getpid()), *command]
    done = subprocess.run(  # noqa: S603 - our own commands, no shell
        tethered,
        cwd=str(ROOT),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else sys.stderr,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
    )
    if done.returncode != 0:
        raise SetupError(failure)


class Environment:
    """An environment of this project: what it is built from, and whether it stands."""

    def __init__(self, folder: str, inputs: Sequence[str]) -> None:
        """Describe the environment in *folder*, decided by the content of *inputs*."""
        self.folder = ROOT / folder
        self.inputs = inputs
        self._stamp = STAMPS / (folder.strip(".") + ".stamp")
        self._half_built = STAMPS / (folder.strip(".") + ".half-built")

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return str(self.folder / "bin" / "python")

    def is_ready(self) -> bool:
        """Tell whether the environment is whole and belongs to the present lock file."""
        try:
            digest, *packages = self._stamp.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return False
        if digest != self._digest() or self._half_built.exists():
            return False
        return set(packages) <= set(self._packages()) and version_of(self.python)[0] is not None

    def build(self, text: str, fill: Callable[[], None]) -> None:
        """Build the environment with *fill*; what an interrupted build left is thrown away."""
        started = time.monotonic()
        say(text)
        if self._half_built.exists() or version_of(self.python)[0] is None:
            shutil.rmtree(str(self.folder), ignore_errors=True)
        STAMPS.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self._stamp.unlink()
        self._half_built.touch()
        with heartbeat("still building %s" % self.folder.name):
            fill()
        lines = [self._digest(), *self._packages()]
        self._stamp.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._half_built.unlink()
        say("%s is ready (%.0f s)" % (self.folder.name, time.monotonic() - started))

    def _digest(self) -> str:
        digest = hashlib.sha256(str(ROOT).encode())  # a moved folder breaks environments
        for name in self.inputs:
            digest.update((ROOT / name).read_bytes())
        return digest.hexdigest()

    def _packages(self) -> list[str]:
        found = self.folder.glob("lib/python3.*/site-packages/*.dist-info/RECORD")
        return sorted({path.parent.name for path in found})


def uv_on_path() -> str | None:
    """Return a uv that is installed already, for machines whose Python cannot make one."""
    return shutil.which("uv")
