"""The key that signs sessions and links: made once, kept in a file only its owner reads."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

MINIMUM_LENGTH: Final = 16
_BYTES: Final = 48


def read_or_make_key(path: Path) -> str:
    """Return the key kept at *path*, made now if there is none.

    Raises:
        OSError: The file cannot be read or written.
        ValueError: The file holds no key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_key(path)
    path.chmod(0o600)  # also when it was restored or copied with wider rights
    key = path.read_text(encoding="utf-8").strip()
    if len(key) < MINIMUM_LENGTH:
        raise ValueError("too short")
    return key


def _make_key(path: Path) -> None:
    """Write a new key; of two processes that start at once, the first one's key stays."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(_BYTES) + "\n")
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def derive(key: str, label: str) -> str:
    """Return a secret of its own for one purpose; it tells nothing about the key."""
    return hmac.new(key.encode(), label.encode(), hashlib.sha256).hexdigest()
