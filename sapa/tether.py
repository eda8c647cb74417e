"""Runs a command that ends when its parent ends: ``python tether.py PID COMMAND...``.

Linux sends the command a signal when the parent dies, ``kill -9`` included, so nothing is left
behind. Standard library only: the set-up uses it before any environment exists.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _control(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def end_with_parent(parent: int, *, by: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process *by* when *parent* ends; elsewhere than Linux a no-op.

    Raises:
        SystemExit: The parent is gone already.
    """
    _control(_PR_SET_PDEATHSIG, int(by))
    if os.getppid() != parent:  # it ended before the kernel was asked to watch it
        raise SystemExit(1)


def adopt_orphans() -> None:
    """Become the parent of what a child leaves behind, so that it can be ended with us."""
    _control(_PR_SET_CHILD_SUBREAPER, 1)


def main(arguments: list[str]) -> None:
    """Become the command; the kernel's promise outlives the change."""
    parent, command = int(arguments[0]), arguments[1:]
    end_with_parent(parent)
    try:
        os.execvp(command[0], command)  # noqa: S606 - a list, no shell
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}.\n")
        raise SystemExit(127) from None


if __name__ == "__main__":
    main(sys.argv[1:])
