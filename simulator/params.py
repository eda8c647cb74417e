"""Parameters of a Bot API request, however they were sent."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from simulator.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the request."""

    name: str
    content: bytes
    mime_type: str | None


@dataclass(slots=True)
class Params:
    """Typed access to parameters; form fields arrive as text, JSON bodies as values."""

    values: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """Return a text parameter."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def integer(self, name: str) -> int | None:
        """Return a whole number, None if absent."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise BadRequest(f'parameter "{name}" must be an integer') from None

    def need_integer(self, name: str, missing: str) -> int:
        """Return a whole number or answer *missing*."""
        value = self.integer(name)
        if value is None:
            raise BadRequest(missing)
        return value

    def number(self, name: str) -> float:
        """Return a required decimal number."""
        try:
            return float(self.values[name])
        except (KeyError, TypeError, ValueError):
            raise BadRequest(f"{name} is empty") from None

    def flag(self, name: str) -> bool:
        """Return a yes-or-no parameter."""
        return str(self.values.get(name, "")).lower() in ("true", "1", "yes")

    def json(self, name: str) -> Any:
        """Return a structured parameter, None if absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise BadRequest(f"can't parse {name.replace('_', ' ')} JSON object") from None

    @property
    def chat_id(self) -> int | str | None:
        """Return the addressed chat: a number, or ``@username``."""
        value = self.values.get("chat_id")
        if value is None or value == "":
            return None
        text = str(value)
        return int(text) if text.lstrip("-").isdigit() else text


async def read_params(request: web.Request) -> Params:
    """Collect parameters from the query string and a JSON, form or multipart body."""
    params = Params(values=dict(request.query))
    if request.method != "POST" or not request.can_read_body:
        return params
    if request.content_type == "application/json":
        params.values |= await _read_json(request)
        return params
    for name, value in (await request.post()).items():
        if isinstance(value, FileField):
            content = value.file.read()
            params.uploads[name] = Upload(value.filename, content, value.content_type)
        else:
            params.values[name] = value.decode() if isinstance(value, bytes) else value
    return params


async def _read_json(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise BadRequest("can't parse request JSON object") from None
    if not isinstance(body, dict):
        raise BadRequest("object expected as request JSON")
    return body
