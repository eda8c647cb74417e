"""Errors the Bot API answers with, and how they look on the wire.

ApiError
├── BadRequest       400
├── Unauthorized     401
├── Forbidden        403
├── NotFound         404
├── Conflict         409
├── RequestTooLarge  413
├── FloodWait        429, carries ``retry_after``
└── ServerError      500
"""

from typing import Any, ClassVar


class ApiError(Exception):
    """An answer with ``ok: false``."""

    status: ClassVar[int] = 500
    prefix: ClassVar[str] = ""

    def __init__(self, detail: str = "", *, parameters: dict[str, Any] | None = None) -> None:
        """Keep the description as the client will read it."""
        self.description = f"{self.prefix}: {detail}" if detail else self.prefix
        self.parameters = parameters
        super().__init__(self.description)

    def wire(self) -> dict[str, Any]:
        """Return the JSON body of this answer."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        if self.parameters:
            body["parameters"] = self.parameters
        return body


class BadRequest(ApiError):
    """The request can never succeed as it stands."""

    status = 400
    prefix = "Bad Request"


class Unauthorized(ApiError):
    """A well-formed token that no bot has."""

    status = 401
    prefix = "Unauthorized"


class Forbidden(ApiError):
    """The person or group does not let the bot in."""

    status = 403
    prefix = "Forbidden"


class NotFound(ApiError):
    """Unknown method or malformed token."""

    status = 404
    prefix = "Not Found"


class Conflict(ApiError):
    """Two receivers of updates at once."""

    status = 409
    prefix = "Conflict"


class RequestTooLarge(ApiError):
    """The upload is larger than the server takes."""

    status = 413
    prefix = "Request Entity Too Large"


class FloodWait(ApiError):
    """Too many requests; the client must wait ``retry_after`` seconds."""

    status = 429
    prefix = "Too Many Requests"

    def __init__(self, retry_after: int) -> None:
        """Tell the client how long to wait, in words and in parameters."""
        super().__init__(f"retry after {retry_after}", parameters={"retry_after": retry_after})


class ServerError(ApiError):
    """Something broke on Telegram's side."""

    status = 500
    prefix = "Internal Server Error"
