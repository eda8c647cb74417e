"""Answers to scripts: JSON with a code for the program and a sentence for the citizen."""

import math
from typing import Any

from aiohttp import web

from web.site import site_of


def refusal(
    request: web.Request,
    status: int,
    key: str,
    code: str,
    *,
    wait: float | None = None,
    **values: Any,
) -> web.Response:
    """Say no politely; *wait* tells in how many seconds to try again."""
    message = site_of(request).tools.wording.plain(key, **values)
    headers = {} if wait is None else {"Retry-After": str(max(1, math.ceil(wait)))}
    return web.json_response({"code": code, "message": message}, status=status, headers=headers)


class Refusal(Exception):
    """A request that cannot be taken; becomes a JSON answer in one place."""

    def __init__(
        self, status: int, key: str, code: str, *, wait: float | None = None, **values: Any
    ) -> None:
        """Remember what to answer."""
        super().__init__(code)
        self.status = status
        self.key = key
        self.code = code
        self.wait = wait
        self.values = values

    def answer(self, request: web.Request) -> web.Response:
        """Return the answer in the desk's words."""
        return refusal(request, self.status, self.key, self.code, wait=self.wait, **self.values)
