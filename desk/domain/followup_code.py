"""Follow-up codes: the secret with which a citizen sees more of a ticket than its number tells."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

from desk.domain.ticket_number import ALPHABET, fold, without_separators

CODE_LENGTH: Final = 8
_SALT_BYTES: Final = hashlib.blake2b.SALT_SIZE
_DIGEST_BYTES: Final = 32


def new_code(choose: Callable[[int], int] = secrets.randbelow) -> str:
    """Make a random code, shown as XXXX-XXXX; *choose(n)* returns 0 to n - 1."""
    return _written("".join(ALPHABET[choose(len(ALPHABET))] for _ in range(CODE_LENGTH)))


def read_code(text: str) -> str | None:
    """Return the code that *text* spells, whatever its case, spaces, hyphens and look-alikes."""
    characters = fold(without_separators(text))
    if len(characters) != CODE_LENGTH or any(c not in ALPHABET for c in characters):
        return None
    return _written(characters)


def hash_code(code: str, key: bytes) -> str:
    """Hash *code* for storage with a fresh salt, so that the database alone reveals nothing.

    Raises:
        ValueError: The code is not one, or the key is empty.
    """
    clean = read_code(code)
    if clean is None:
        raise ValueError("not a follow-up code")
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"{salt.hex()}:{_digest(clean, key, salt)}"


def matches(text: str, stored: str, key: bytes) -> bool:
    """Say in constant time whether *text* spells the code that was stored as *stored*."""
    salt, _, digest = stored.partition(":")
    # An unreadable code is hashed like any other, so that the time taken tells nothing.
    code = read_code(text)
    computed = _digest(code or "", key, bytes.fromhex(salt))
    return hmac.compare_digest(computed, digest) and code is not None


def _digest(code: str, key: bytes, salt: bytes) -> str:
    if not key:
        raise ValueError("the key is empty")
    # BLAKE2 takes keys up to 64 bytes; hashing first lets any secret serve.
    fitted = hashlib.blake2b(key, person=b"sapa-code-key").digest()
    return hashlib.blake2b(
        code.encode(), key=fitted, salt=salt, digest_size=_DIGEST_BYTES, person=b"sapa-followup"
    ).hexdigest()


def _written(characters: str) -> str:
    return f"{characters[:4]}-{characters[4:]}"
