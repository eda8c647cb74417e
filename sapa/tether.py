"""Runs a command that ends when its parent ends: ``python tether.py [--group] PID COMMAND...``.

Linux sends the command a signal when the parent dies, ``kill -9`` included, so nothing is left
behind. Standard library only: the set-up uses it before any environment exists.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int, *, by: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process *by* when *parent* ends; elsewhere than Linux a no-op.

    Raises:
        SystemExit: The parent is gone already.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(by), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel was asked to watch it
        raise SystemExit(1)


def main(arguments: list[str]) -> None:
    """Become the command."""
    own_group = arguments[0] == "--group"
    parent, command = int(arguments[own_group]), arguments[own_group + 1 :]
    if own_group:
        os.setsid()
    end_with_parent(parent)
    try:
        os.execvp(command[0], command)  # noqa: S606 - a list, no shell
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}.\n")
        raise SystemExit(127) from None


if __name__ == "__main__":
    main(sys.argv[1:])
