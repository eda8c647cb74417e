"""Reads the examples of data/nlu without Rasa."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ruamel.yaml


@dataclass(frozen=True)
class Example:
    """A message as it was typed, and what it teaches."""

    text: str
    intent: str
    service: str | None = None
    category: str | None = None


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file as Rasa does; an empty one has nothing in it.

    Raises:
        YAMLError: It is no YAML.
    """
    content = ruamel.yaml.YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return dict(content or {})


def read_examples(root: Path) -> list[Example]:
    """Return all examples under *root*, file by file."""
    files = sorted((root / "data" / "nlu").rglob("*.yml"))
    return [example for path in files for example in _examples_in(read_yaml(path))]


def _examples_in(content: dict[str, Any]) -> Iterator[Example]:
    for block in content.get("nlu") or []:
        labels = block.get("metadata") or {}
        for line in (block.get("examples") or "").splitlines():
            if text := line.strip().removeprefix("- "):
                yield Example(text, block["intent"], labels.get("layanan"), labels.get("kategori"))
