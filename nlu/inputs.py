"""Names a model by the content of everything that goes into it.

Rasa's own fingerprints see a component class's source but not the functions it calls, so an
edit there would train nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

SINGLE_FILES = (
    "config.yml",
    "domain.yml",
    "requirements-rasa.lock",
    "data/catalogue/regions.yaml",
)
FOLDERS = (("data/nlu", ("*.yml",)), ("data/rules", ("*.yml",)), ("nlu", ("*.py", "*.yml")))
# These run beside the model, not in it: editing them must not cost a training.
NOT_IN_MODEL = frozenset(
    {"channel.py", "inputs.py", "redaction.py", "serve.py", "tracker_store.py", "turn.py"}
)


def input_files(root: Path) -> Iterator[Path]:
    """Yield every file whose content decides what the model is, in a fixed order."""
    for name in SINGLE_FILES:
        if (root / name).is_file():
            yield root / name
    for folder, patterns in FOLDERS:
        found = {path for pattern in patterns for path in (root / folder).rglob(pattern)}
        for path in sorted(found):
            if folder != "nlu" or path.name not in NOT_IN_MODEL:
                yield path


def content_hash(root: Path, *, variant: str = "") -> str:
    """Return 12 hex digits that change whenever an input or its path changes."""
    digest = hashlib.sha256(variant.encode())
    for path in input_files(root):
        name = path.relative_to(root).as_posix().encode()
        content = path.read_bytes()
        digest.update(b"%d %s %d " % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()[:12]
