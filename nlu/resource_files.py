"""Reads the word lists that lie beside the code."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent / "resources"
ROOT = FOLDER.parent.parent


@functools.cache
def read_list(name: str) -> dict[str, Any]:
    """Read ``nlu/resources/<name>.yml``."""
    content = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return dict(content)
