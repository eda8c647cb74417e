"""A model with the project's rules, components and word lists, from one example of each block."""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path

from nlu.examples import read_yaml
from nlu.training import train_if_needed

ROOT = Path(__file__).resolve().parents[2]


def small_project(folder: Path) -> Path:
    """Copy what is trained on; the examples are thinned out."""
    root = folder / "project"
    (root / "data" / "nlu").mkdir(parents=True)
    shutil.copytree(ROOT / "data" / "rules", root / "data" / "rules")
    for name in ("config.yml", "domain.yml"):
        shutil.copy(ROOT / name, root / name)
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        lines = ['version: "3.1"', "nlu:"]
        for block in read_yaml(path)["nlu"]:
            labels = [f"    {k}: {v}" for k, v in (block.get("metadata") or {}).items()]
            first = block["examples"].splitlines()[0]
            lines += [
                f"- intent: {block['intent']}",
                *(["  metadata:", *labels] if labels else []),
            ]
            lines += ["  examples: |", f"    {first}"]
        (root / "data" / "nlu" / path.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def train_small_model(folder: Path) -> tuple[Path, str]:
    """Train it; return the model and what the operator was told."""
    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        model = train_if_needed(small_project(folder), folder / "models")
    return model, told.getvalue()
