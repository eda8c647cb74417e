"""`make bench BESIDE=<revision>`: what needs no words, here and there, in one run."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figures import Report
from simulator.system import ROOT

#: Each side is measured this often, in turns, and the best counts: machines are noisy.
ROUNDS = 2


def compare(revision: str) -> Report:
    """Measure both sides in turns and note how many times faster this one is."""
    report = Report()
    with _at(revision) as there:
        runs = {ROOT: [], there: []}  # type: dict[Path, list[dict[str, Any]]]
        for _ in range(ROUNDS):
            for side, found in runs.items():
                found.append(_measured(side))
    for what in runs[ROOT][0]:
        here, other = (min(run[what]["p50_ms"] for run in runs[side]) for side in runs)
        report.add(what, here_ms=here, there_ms=other, times_faster=round(other / here, 1))
    return report


def _measured(side: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.presses"],
        cwd=side,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


@contextmanager
def _at(revision: str) -> Iterator[Path]:
    """Check a revision out beside this one, with the same environments and measuring lines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", str(folder), revision], check=True)
        try:
            for environment in (".venv", ".venv-rasa"):
                (folder / environment).symlink_to(ROOT / environment)
            for lines in ("presses.py", "figures.py"):
                shutil.copy(ROOT / "benchmarks" / lines, folder / "benchmarks" / lines)
            yield folder
        finally:
            subprocess.run([*git, "remove", "--force", str(folder)], check=True)


if __name__ == "__main__":
    compare(sys.argv[1]).write(ROOT / "build" / "bench")
