"""Signs short values that a browser keeps for us, each for one purpose only."""

import hashlib
import hmac
from base64 import urlsafe_b64encode


class Signer:
    """Signs with a key derived from the desk's secret."""

    def __init__(self, secret: bytes) -> None:
        """Take the secret.

        Raises:
            ValueError: The secret is empty.
        """
        if not secret:
            raise ValueError("the secret is empty")
        self._key = hmac.digest(secret, b"sapa-web", "sha256")

    def sign(self, purpose: str, value: str) -> str:
        """Return *value* with a signature; the value must not hold a dot."""
        return f"{value}.{self._signature(purpose, value)}"

    def read(self, purpose: str, signed: str) -> str | None:
        """Return the value when its signature for this purpose is right."""
        value, _, signature = signed.rpartition(".")
        expected = self._signature(purpose, value)
        return value if hmac.compare_digest(_bytes(signature), expected.encode()) else None

    def _signature(self, purpose: str, value: str) -> str:
        message = _bytes(f"{purpose}:{value}")
        return urlsafe_b64encode(hmac.digest(self._key, message, hashlib.sha256)).decode()[:43]


def _bytes(text: str) -> bytes:
    """Encode a header's text, which may hold any bytes."""
    return text.encode("utf-8", "surrogateescape")
